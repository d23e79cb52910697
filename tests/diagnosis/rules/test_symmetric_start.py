"""Constant weights are found where they keep units the same, and only there."""

import pytest
import torch
from small_setups import Recurrent, blobs, cnn, found, healthy, loader, make, mlp, pictures, sequences
from torch import nn

from whet.diagnosis.rules.symmetric_start import SymmetricStart


def constant(net, value):
    def build():
        model = net()
        for p in model.parameters():
            nn.init.constant_(p, value)
        return model

    return build


@pytest.mark.parametrize("value", [0.0, 0.01, 1.0])
@pytest.mark.parametrize(
    ("net", "data"), [(mlp, blobs), (cnn, pictures), (Recurrent, sequences)], ids=["mlp", "cnn", "lstm"]
)
def test_constant_weights_are_found(net, data, value):
    case = make(constant(net, value), loader(*data()))
    (finding,) = found(SymmetricStart(), case)
    assert finding.severity >= 0.6
    assert finding.level == "severe" or net is cnn  # whose head alone solves this task from one filter
    assert finding.evidence["value"] <= finding.evidence["threshold"]
    assert finding.cures[0] == "reinitialise"


def test_one_hidden_layer_of_zeros_is_named():
    def build():
        model = mlp()
        nn.init.zeros_(model[2].weight)
        nn.init.zeros_(model[2].bias)
        return model

    (finding,) = found(SymmetricStart(), make(build, loader(*blobs())))
    assert "2.weight" in finding.where


class LowRank(nn.Module):
    def __init__(self):
        super().__init__()
        self.base, self.head = nn.Linear(8, 16), nn.Linear(16, 3)
        self.down, self.up = nn.Linear(8, 4, bias=False), nn.Linear(4, 16, bias=False)
        nn.init.zeros_(self.up.weight)

    def forward(self, x):
        return self.head(torch.relu(self.base(x) + self.up(self.down(x))))


def test_healthy_zeros_are_silent():
    assert not found(SymmetricStart(), make(LowRank, loader(*blobs())))
    for name, case in healthy():
        assert not found(SymmetricStart(), case), name
