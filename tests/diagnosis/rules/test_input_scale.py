"""Inputs of the wrong scale are found by what they cost; harmless ones are at most a slight remark."""

import pytest
import torch
from part_setups import case_of, made
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

from whet.diagnosis.rules.bad_labels import BadLabels
from whet.diagnosis.rules.input_scale import InputScale
from whet.diagnosis.rules.non_finite import NonFinite
from whet.rng import make_generator


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


def test_broken_inputs_are_left_to_another_rule():
    x, y = blobs()
    broken = x.clone()
    broken[40, 3] = float("nan")
    case = make(mlp, loader(broken, y, shuffle=False))
    assert not found(InputScale(), case)
    (finding,) = found(NonFinite(), case)
    assert finding.level == "severe"
    assert finding.where == "batch 1, example 8, position [3]"


def test_identical_inputs_are_found():
    x, y = blobs()
    (finding,) = found(InputScale(), make(mlp, loader(x[:1].expand(256, 8), y)))
    assert "same inputs" in finding.statement


def cast_to_integers(x):
    return (x > 2.6).float()  # as x.astype("uint8") of values below 1 leaves little


@pytest.mark.parametrize(("net", "data"), [(cnn, pictures), (Recurrent, sequences)], ids=["cnn", "lstm"])
def test_blank_inputs_are_broken_inputs_and_not_labels(net, data):
    x, y = data(256)
    share = 0.5
    blank = torch.arange(len(x)) < share * len(x)
    x[blank] = 0.25
    case = case_of(made(net), loader(x, y))
    (finding,) = found(InputScale(), case)
    assert "blank" in finding.statement
    assert finding.evidence["value"] == pytest.approx(share)
    assert not found(BadLabels(), case)


def test_a_cast_that_leaves_blank_pictures_is_found():
    x, y = pictures(256)
    case = case_of(made(cnn), loader(cast_to_integers(x), y))
    assert "blank" in found(InputScale(), case)[0].statement
    assert not found(BadLabels(), case)


def test_some_blank_inputs_and_discrete_tables_are_no_broken_inputs():
    x, y = pictures(256)
    x[:6] = 0  # a few empty pictures
    assert not found(InputScale(), case_of(made(cnn), loader(x, y)))
    x[y == 0] = 0  # or a class of them
    assert not [f for f in found(InputScale(), case_of(made(cnn), loader(x, y))) if "blank" in f.statement]
    table = torch.randint(2, (256, 8), generator=make_generator(0, "flags")).float()
    for rows in (table, table * (torch.arange(8) < 4)):
        case = case_of(made(mlp), loader(rows, torch.randint(3, (256,), generator=make_generator(1, "flags"))))
        assert not [f for f in found(InputScale(), case) if "blank" in f.statement]


def test_healthy_setups_are_silent():
    for name, case in healthy():
        assert not found(InputScale(), case), name
