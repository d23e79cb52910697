import pytest
import torch
from curing_scripts import applies, blobs, built, cured, mlp, script, trained_score
from torch import nn

from whet.diagnosis.case import Case
from whet.diagnosis.cures.cure import cures


class Skipping(nn.Module):
    """Goes from the stem to the head; ``kind`` says how the body is kept."""

    def __init__(self, kind):
        super().__init__()
        self.stem = nn.Linear(2, 16)
        if kind == "sequential":
            self.body = nn.Sequential(nn.ReLU(), nn.Linear(16, 16), nn.ReLU())
        elif kind == "list":
            self.body = nn.ModuleList(nn.Linear(16, 16) for _ in range(2))
        else:
            self.body = nn.Linear(16, 16)
        self.head = nn.Linear(16, 2)

    def forward(self, x):
        return self.head(self.stem(x))


def crossed(num=240, seed=0):
    x, _ = blobs(num, features=2, seed=seed, classes=1, spread=1.0)
    x = x - x.mean(0)
    return x, ((x[:, 0] > 0) ^ (x[:, 1] > 0)).long()


@pytest.mark.parametrize("kind", ["sequential", "list", "linear"])
def test_a_forgotten_body_is_called_and_learns(kind):
    setup = script(built(lambda: Skipping(kind)), crossed(), crossed(seed=1), lr=2e-2)
    changed = cured("call_unused_layers", setup)
    before = changed.model.body.state_dict()
    before = {k: v.clone() for k, v in before.items()}
    assert trained_score(changed, steps=120) > max(0.85, trained_score(setup, steps=120) + 0.15)
    again = changed.copy()
    outputs, targets = again.forward(again.model, next(iter(again.train)))
    again.loss(outputs, targets).backward()
    assert all(p.grad is not None for p in again.model.parameters())
    assert all(torch.equal(v, changed.model.body.state_dict()[k]) for k, v in before.items())


def test_the_advice_names_layer_and_place():
    advice = cures["call_unused_layers"].advice(Case(setup=script(built(lambda: Skipping("linear")), crossed())), None)
    assert advice == "in forward: x = self.body(x) before self.head"


class Leftover(nn.Module):
    """An old head that fits nowhere."""

    def __init__(self):
        super().__init__()
        self.old = nn.Linear(5, 7)
        self.body = mlp()

    def forward(self, x):
        return self.body(x)


@pytest.mark.parametrize("make", [mlp, lambda: built(Leftover)])
def test_nothing_is_forgotten_or_nothing_fits(make):
    assert not applies("call_unused_layers", script(make(), blobs()))
