import pytest
from during_scripts import build, examples, findings, loader, watched_loop
from torch.nn import functional as F
from torch.optim import SGD, Adam

NAME = "accumulation_not_averaged"


def watch(kind, optimizer, *, divide, every=8, epochs=6):
    model = build(kind)
    made = optimizer(model.parameters())

    def step(number, batch):
        loss = F.cross_entropy(model(batch[0]), batch[1])
        (loss / every if divide else loss).backward()
        if number % every == every - 1:
            made.step()
            made.zero_grad()

    return watched_loop(model, made, loader(*examples(kind), batch_size=4), step, epochs=epochs)


def test_undivided_losses_that_spoil_the_training_are_found():
    (found,) = findings(watch("mlp", lambda p: SGD(p, lr=5.0), divide=False), NAME)
    assert found.evidence["passes"] == 8
    assert "/ 8" in found.advice


@pytest.mark.parametrize(
    ("optimizer", "divide"),
    [
        (lambda p: SGD(p, lr=0.1), True),
        (lambda p: SGD(p, lr=1.5), True),
        (lambda p: SGD(p, lr=0.01), False),
        (lambda p: Adam(p, lr=3e-3), False),
    ],
)
def test_divided_losses_and_rates_to_match_are_silent(optimizer, divide):
    assert not findings(watch("mlp", optimizer, divide=divide), NAME)
