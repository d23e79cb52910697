import pytest
import torch
from curing_scripts import Attentive, applies, blobs, built, cured, mlp, script, trained_score, waves
from torch import nn
from torch.nn import functional


class Functional(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(8, 32), nn.Linear(32, 3)

    def forward(self, x):
        return self.b(functional.dropout(torch.relu(self.a(x)), 0.98, self.training))


@pytest.mark.parametrize(
    "make",
    [Functional, lambda: nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Dropout(0.98), nn.Linear(32, 3))],
)
def test_most_units_dropped(make):
    setup = script(built(make), blobs(spread=1.2), blobs(seed=1, spread=1.2))
    changed = cured("weaken_dropout", setup)
    assert trained_score(changed, steps=30) > max(0.8, trained_score(setup, steps=30) + 0.05)


def test_attention_and_recurrent_layers():
    changed = cured("weaken_dropout", script(Attentive(dropout=0.9), waves()))
    layer = changed.model.encoder.layers[0]
    assert layer.self_attn.dropout == 0.1
    assert layer.dropout1.p == 0.1


def test_little_or_no_dropout_stays():
    assert not applies("weaken_dropout", script(mlp(), blobs()))
    assert not applies("weaken_dropout", script(nn.Sequential(nn.Dropout(0.1), mlp()), blobs()))
