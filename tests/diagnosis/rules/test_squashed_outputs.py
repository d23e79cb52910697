"""Activations after the last layer are found where the loss needs other values, and only there."""

import pytest
from part_setups import NETS, case_of, found, loader, mlp, net_case, numbers
from torch import nn


@pytest.mark.parametrize("name", NETS)
@pytest.mark.parametrize("last", [nn.ReLU(), nn.Sigmoid(), nn.Tanh()], ids=["relu", "sigmoid", "tanh"])
def test_squashed_logits_are_found(name, last):
    (finding,) = found("squashed_outputs", net_case(name, last=(last,)))
    assert finding.level == "severe"
    assert finding.cures[0] == "remove_output_activation"
    assert type(last).__name__ in finding.where


@pytest.mark.parametrize("name", NETS)
def test_free_logits_are_not(name):
    assert not found("squashed_outputs", net_case(name))


@pytest.mark.parametrize("last", [nn.ReLU(), nn.Sigmoid(), nn.Tanh()])
def test_numbers_out_of_reach_are_found(last):
    x, y = numbers()
    (finding,) = found("squashed_outputs", case_of(mlp(1, last=(last,)), loader(x, 3 * y), nn.MSELoss()))
    assert finding.level == "severe"
    assert "out of reach" in finding.statement
    assert finding.evidence["value"] > finding.evidence["threshold"]
    assert not found("squashed_outputs", case_of(mlp(1), loader(x, 3 * y), nn.MSELoss()))


def test_numbers_within_reach_are_fine():
    x, y = numbers()
    assert not found("squashed_outputs", case_of(mlp(1, last=(nn.Tanh(),)), loader(x, y.tanh()), nn.MSELoss()))


def test_a_small_output_is_not_taken_for_a_tanh():
    class Small(nn.Module):
        def forward(self, x):
            return 1e-3 * x

    x, y = numbers()
    assert not found("squashed_outputs", case_of(mlp(1, last=(Small(),)), loader(x, 3 * y), nn.MSELoss()))


def test_a_softmax_over_one_unit_is_found():
    x, y = numbers()
    case = case_of(mlp(1, last=(nn.Softmax(dim=1),)), loader(x, (y > 0).float()), nn.BCELoss())
    (finding,) = found("squashed_outputs", case)
    assert "one single unit" in finding.statement


def test_relu_before_bce_with_logits_is_found():
    x, y = numbers()
    case = case_of(mlp(1, last=(nn.ReLU(),)), loader(x, (y > 0).float()), nn.BCEWithLogitsLoss())
    assert found("squashed_outputs", case)[0].evidence["value"] >= 0
