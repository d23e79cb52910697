"""A sum that spoils the training is found; a sum whose learning rate makes up for it is a remark at most."""

import pytest
import torch
from part_setups import NETS, B, case_of, found, loader, mlp, numbers, table
from torch import nn


def sgd(model, lr):
    return torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9)


@pytest.mark.parametrize("name", ["mlp", "cnn", "lstm"])
def test_a_sum_at_the_rate_of_a_mean_is_found(name):
    build, data = NETS[name]
    model = build()
    case = case_of(model, loader(*data()), nn.CrossEntropyLoss(reduction="sum"), optimizer=sgd(model, 0.1))
    (finding,) = found("summed_loss", case)
    assert finding.level == "severe"
    assert finding.evidence["value"] == pytest.approx(2)
    assert finding.evidence["num_examples"] == B
    assert finding.cures[0] == "mean_loss"


def test_a_sum_of_the_users_own_is_found():
    x, y = numbers()
    model = mlp(1)
    case = case_of(model, loader(x, y), lambda o, t: ((o - t) ** 2).sum(), optimizer=sgd(model, 0.03))
    assert found("summed_loss", case)[0].level == "severe"


@pytest.mark.parametrize("make", [lambda m: sgd(m, 0.05 / B), lambda m: torch.optim.Adam(m.parameters())])
def test_a_sum_that_trains_well_is_a_remark(make):
    model = mlp()
    case = case_of(model, loader(*table()), nn.CrossEntropyLoss(reduction="sum"), optimizer=make(model))
    (finding,) = found("summed_loss", case)
    assert finding.level == "slight"


def test_a_mean_is_not_found_even_at_a_rate_that_is_too_high():
    model = mlp()
    assert not found("summed_loss", case_of(model, loader(*table()), optimizer=sgd(model, 30.0)))


def test_a_sum_over_outputs_and_mean_over_examples_is_not_found():
    x, y = numbers()
    assert not found("summed_loss", case_of(mlp(1), loader(x, y), lambda o, t: ((o - t) ** 2).sum(dim=1).mean()))
