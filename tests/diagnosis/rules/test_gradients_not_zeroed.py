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


def two_optimizers(kind, body):
    """``body(number, loss, first, second)`` zeroes, goes backward and steps."""
    model = build(kind)
    parts = list(model.children())
    rest = [p for part in parts[1:] for p in part.parameters()]
    first, second = SGD(parts[0].parameters(), lr=0.01), SGD(rest, lr=0.01)

    def step(number, batch):
        body(number, lambda: F.cross_entropy(model(batch[0]), batch[1]), first, second)

    return watched_loop(model, [first, second], loader(*examples(kind)), step, epochs=2)


@pytest.mark.parametrize("kind", ["mlp", "lstm", "bag"])
def test_zeroing_one_of_two_optimizers_is_found(kind):
    def body(number, loss, first, second):
        second.zero_grad()
        loss().backward()
        first.step()
        second.step()

    case = two_optimizers(kind, body)
    (found,) = findings(case, NAME)
    assert found.evidence["value"] == 1.0
    assert "optimizer 1 of 2" in found.statement
    assert case.trace.steps_per_epoch == 2 * len(case.trace.steps) / 4


def alternating(number, loss, first, second):
    first.zero_grad()
    second.zero_grad()
    loss().backward()
    (first if number % 2 else second).step()


def accumulating_in_one(number, loss, first, second):
    loss().backward()
    first.step()
    first.zero_grad()
    if number % 4 == 3:
        second.step()
        second.zero_grad()


def turns(number, loss, first, second):
    for one in (first, second):
        one.zero_grad()
        loss().backward()
        one.step()


@pytest.mark.parametrize("body", [alternating, accumulating_in_one, turns])
def test_several_optimizers_done_right_are_silent(body):
    assert not findings(two_optimizers("mlp", body), NAME)
