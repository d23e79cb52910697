import pytest
import torch
from during_scripts import KINDS, build, case_of, examples, findings, loader, ordinary, watched_loop
from torch.nn import functional as F
from torch.optim import SGD, Adam

NAME = "no_gradient"


@pytest.mark.parametrize(
    "loss",
    [
        lambda out, y: F.cross_entropy(out.detach(), y),
        lambda out, y: (out.argmax(dim=1) != y).float().mean(),
        lambda out, y: torch.tensor(F.cross_entropy(out, y).item()),
    ],
)
def test_a_loss_cut_off_from_the_weights_is_found(loss):
    model = build("mlp")
    (found,) = findings(case_of(model, Adam(model.parameters()), examples("mlp"), loss=loss, epochs=1), NAME)
    assert found.level == "severe"


def watch(kind, *, backward):
    model = build(kind)
    optimizer = SGD(model.parameters(), lr=0.01)

    def step(number, batch):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(batch[0]), batch[1])
        if backward:
            loss.backward()
        optimizer.step()

    return watched_loop(model, optimizer, loader(*examples(kind)), step)


@pytest.mark.parametrize("kind", ["mlp", "bag"])
def test_a_loop_that_never_calls_backward_is_found(kind):
    (found,) = findings(watch(kind, backward=False), NAME)
    assert found.level == "severe"


@pytest.mark.parametrize("kind", KINDS)
def test_ordinary_scripts_are_silent(kind):
    assert not findings(watch(kind, backward=True), NAME)
    assert not findings(ordinary(kind, epochs=1), NAME)


def test_a_frozen_model_is_left_to_another_rule():
    model = build("mlp")
    optimizer = Adam(model.parameters())
    for p in model.parameters():
        p.requires_grad = False
    assert not findings(case_of(model, optimizer, examples("mlp"), epochs=1), NAME)
