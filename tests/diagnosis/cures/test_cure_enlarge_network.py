import pytest
import torch
from curing_scripts import applies, blobs, built, cnn, cured, mlp, pictures, script, trained_score
from torch import nn

from whet.diagnosis.case import Case
from whet.diagnosis.cures.cure import cures


def crossed(num=320, seed=0):
    x, _ = blobs(num, features=2, seed=seed, classes=1, spread=1.0)
    x = x - x.mean(0)
    return x, ((x[:, 0] > 0) ^ (x[:, 1] > 0)).long()


class Named(nn.Module):
    """Layers as attributes, activations as functions, a normalisation between."""

    def __init__(self, width):
        super().__init__()
        self.fc1, self.norm, self.fc2 = nn.Linear(2, width), nn.BatchNorm1d(width), nn.Linear(width, 2)

    def forward(self, x):
        return self.fc2(torch.relu(self.norm(self.fc1(x))))


@pytest.mark.parametrize(
    "make",
    [
        lambda: nn.Linear(2, 2),
        lambda: nn.Sequential(nn.Linear(2, 2)),
        lambda: mlp(2, 2, width=1),
        lambda: Named(1),
    ],
    ids=["linear model", "linear layer", "narrow", "narrow with norm"],
)
def test_a_crossed_pattern_is_learnt(make):
    setup = script(built(make), crossed(), crossed(seed=1), lr=2e-2)
    changed = cured("enlarge_network", setup)
    assert trained_score(changed, steps=150) > max(0.88, trained_score(setup, steps=150) + 0.1)


def test_convolutions_are_widened_and_the_optimizer_follows():
    model = cnn()
    body = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 1, 3, padding=1), model)
    changed = cured("enlarge_network", script(body, pictures()))
    assert changed.model[0].out_channels == 64
    held = {id(p) for g in changed.optimizer.param_groups for p in g["params"]}
    assert held == {id(p) for p in changed.model.parameters()}


def test_the_advice_gives_widths():
    advice = cures["enlarge_network"].advice(Case(setup=script(mlp(width=8), blobs())), None)
    assert "64 (was 8)" in advice


class Tied(nn.Module):
    """Counts on its width in two places: it cannot be widened one pair at a time."""

    def __init__(self):
        super().__init__()
        self.a, self.b, self.c = nn.Conv2d(1, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1), nn.Conv2d(4, 2, 8)

    def forward(self, x):
        h = self.a(x)
        return self.c(h + self.b(h)).flatten(1)


def test_where_nothing_can_be_widened_nothing_is_done():
    assert not applies("enlarge_network", script(built(Tied), pictures()))
