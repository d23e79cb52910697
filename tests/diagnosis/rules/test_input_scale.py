"""Inputs of the wrong scale are found by what they cost; harmless ones are at most a slight remark."""

import pytest
import torch
from small_setups import (
    Recurrent,
    blobs,
    cnn,
    cnn_with_norm,
    found,
    healthy,
    loader,
    make,
    mlp,
    pictures,
    sequences,
)
from torch import nn

from whet.diagnosis.rules.input_scale import InputScale


def changed(data, change):
    x, y = data
    return change(x), y


def sgd(p):
    return torch.optim.SGD(p, lr=0.05)


@pytest.mark.parametrize(
    ("net", "data"),
    [
        (mlp, changed(blobs(), lambda x: 1000 * x + 5000)),
        (mlp, changed(blobs(), lambda x: x * torch.tensor([1e4, 1, 1, 1, 1, 1, 1, 1]))),
        (mlp, changed(blobs(), lambda x: 1e-3 * x)),
        (cnn, changed(pictures(), lambda x: 60 * x + 128)),
        (Recurrent, changed(sequences(), lambda x: 1000 * x + 3000)),
    ],
    ids=["mlp large", "mlp one large", "mlp small", "cnn pixels", "lstm large"],
)
def test_costly_scales_are_found(net, data):
    (finding,) = found(InputScale(), make(net, loader(*data), optimizer=sgd))
    assert finding.severity >= 0.5
    assert finding.cures == ("standardise_inputs",)
    assert finding.evidence["loss"] > finding.evidence["loss_standardised"]


def test_a_normalisation_first_makes_any_scale_harmless():
    def net():
        return nn.Sequential(nn.BatchNorm1d(8), mlp())

    assert not found(InputScale(), make(net, loader(*changed(blobs(), lambda x: 1000 * x + 5000))))
    pixels = changed(pictures(), lambda x: 60 * x + 128)
    for finding in found(InputScale(), make(cnn_with_norm, loader(*pixels))):
        assert finding.level == "slight"


class DividesBy255(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = cnn()

    def forward(self, x):
        return self.net((x - 128) / 60)


def test_a_network_that_scales_by_itself_is_silent():
    pixels = changed(pictures(), lambda x: 60 * x + 128)
    assert not found(InputScale(), make(DividesBy255, loader(*pixels), optimizer=sgd))


def test_flags_and_counts_are_silent():
    x, y = blobs(features=8)
    assert not found(InputScale(), make(mlp, loader((x > 2).float(), y)))
    counts = torch.where(x > 2.5, 100 * x.round(), torch.zeros(()))
    assert not found(InputScale(), make(mlp, loader(counts, y)))


def test_validation_scaled_differently_is_severe():
    x, y = blobs()
    (finding,) = found(InputScale(), make(mlp, loader(x, y), loader(50 * x, y)))
    assert finding.level == "severe"
    assert "alidation" in finding.statement


def test_broken_and_identical_inputs_are_found():
    x, y = blobs()
    broken = x.clone()
    broken[40, 3] = float("nan")
    (finding,) = found(InputScale(), make(mlp, loader(broken, y, shuffle=False)))
    assert finding.level == "severe"
    assert finding.where == "batch 1, example 8, position [3]"
    (finding,) = found(InputScale(), make(mlp, loader(x[:1].expand(256, 8), y)))
    assert "same inputs" in finding.statement


def test_healthy_setups_are_silent():
    for name, case in healthy():
        assert not found(InputScale(), case), name
