import pytest
from during_scripts import KINDS, build, examples, findings, loader, ordinary, watched_loop
from torch.nn import functional as F
from torch.optim import SGD

NAME = "gradients_not_zeroed"


def watch(kind, *, zero_when, step_when=lambda n: True, epochs=1, to_none=True):
    model = build(kind)
    optimizer = SGD(model.parameters(), lr=0.01)

    def step(number, batch):
        if zero_when(number):
            optimizer.zero_grad(set_to_none=to_none)
        F.cross_entropy(model(batch[0]), batch[1]).backward()
        if step_when(number):
            optimizer.step()

    return watched_loop(model, optimizer, loader(*examples(kind)), step, epochs=epochs)


@pytest.mark.parametrize("kind", KINDS)
def test_a_loop_without_zero_grad_is_found(kind):
    (found,) = findings(watch(kind, zero_when=lambda n: False), NAME)
    assert found.evidence["value"] == 1.0
    assert "zero_grad" in found.advice
    assert found.level == "severe"


def test_zeroing_once_per_epoch_is_found():
    assert findings(watch("mlp", zero_when=lambda n: n % 12 == 0, epochs=3), NAME)


@pytest.mark.parametrize("to_none", [True, False])
@pytest.mark.parametrize("kind", ["mlp", "lstm"])
def test_zeroing_before_every_step_is_silent(kind, to_none):
    assert not findings(watch(kind, zero_when=lambda n: True, to_none=to_none), NAME)


def test_accumulation_over_four_batches_is_silent():
    case = watch("mlp", zero_when=lambda n: n % 4 == 0, step_when=lambda n: n % 4 == 3, epochs=2)
    assert not findings(case, NAME)


def test_our_own_loop_says_nothing_about_the_users():
    assert not findings(ordinary("mlp", epochs=1), NAME)
