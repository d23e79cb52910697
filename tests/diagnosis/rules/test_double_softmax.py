"""Probabilities before a loss of logits are found in every network; logits and log-probabilities are not."""

import math

import pytest
import torch
from part_setups import NETS, K, case_of, found, loader, mlp, net_case, numbers, table
from torch import nn


@pytest.mark.parametrize("name", NETS)
def test_a_softmax_module_before_cross_entropy_is_found(name):
    (finding,) = found("double_softmax", net_case(name, last=(nn.Softmax(dim=1),)))
    assert finding.level == "severe"
    assert finding.cures[0] == "remove_output_activation"
    assert "Softmax" in finding.where
    assert finding.evidence["floor"] == pytest.approx(math.log(1 + (K - 1) / math.e))
    assert not found("double_softmax", net_case(name))


def test_a_softmax_within_forward_is_found():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = mlp()

        def forward(self, x):
            return torch.softmax(self.body(x), dim=-1)

    (finding,) = found("double_softmax", case_of(Net(), loader(*table())))
    assert finding.where == "the end of the model's forward"


def test_a_softmax_in_the_users_own_loss_is_found():
    loss = nn.CrossEntropyLoss()
    assert found("double_softmax", case_of(mlp(), loader(*table()), lambda o, t: loss(o.softmax(1), t)))


def test_a_softmax_along_the_batch_is_found():
    (finding,) = found("double_softmax", net_case("mlp", last=(nn.Softmax(dim=0),)))
    assert finding.evidence["axis"] == 0
    assert "not the axis of the classes" in finding.statement


@pytest.mark.parametrize("outputs", [1, 3])
def test_a_sigmoid_before_bce_with_logits_is_found(outputs):
    x, y = numbers()
    y = (y > 0).float().expand(-1, outputs).clone()
    case = case_of(mlp(outputs, last=(nn.Sigmoid(),)), loader(x, y), nn.BCEWithLogitsLoss())
    (finding,) = found("double_softmax", case)
    assert finding.level == "severe"
    assert not found("squashed_outputs", case)


def test_small_logits_are_not_taken_for_a_sigmoid():
    x, y = numbers()
    model = mlp(1)
    with torch.no_grad():
        model[4].weight.mul_(0.01)
        model[4].bias.fill_(0.5)
    assert not found("double_softmax", case_of(model, loader(x, (y > 0).float()), nn.BCEWithLogitsLoss()))


def test_probabilities_before_a_squared_loss_are_fine():
    x, y = table()
    model = mlp(last=(nn.Softmax(dim=1),))
    brier = case_of(model, loader(x, nn.functional.one_hot(y, K).float()), nn.MSELoss())
    assert not found("double_softmax", brier)
    assert not found("squashed_outputs", brier)
