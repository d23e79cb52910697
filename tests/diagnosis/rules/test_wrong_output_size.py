"""Widths of the last layer that do not fit the targets are found."""

import pytest
import torch
from part_setups import K, case_of, found, loader, mlp, numbers, table
from torch import nn


def test_one_output_under_cross_entropy_is_found():
    x, y = numbers()
    (finding,) = found("wrong_output_size", case_of(mlp(1), loader(x, (y > 0).float())))
    assert finding.level == "severe"
    assert "BCEWithLogitsLoss" in finding.advice


def test_labels_of_one_class_under_one_output_are_found():
    x, y = table()
    assert found("wrong_output_size", case_of(mlp(1), loader(x, torch.zeros_like(y))))[0].evidence["threshold"] == 2


def test_squeezed_outputs_under_cross_entropy_are_found():
    x, y = numbers()
    case = case_of(mlp(1, last=(nn.Flatten(0),)), loader(x, (y[:, 0] > 0).float()))
    (finding,) = found("wrong_output_size", case)
    assert "softmax runs over the examples" in finding.statement


def test_too_few_outputs_in_a_later_batch_are_found():
    x, y = table()
    y[:48], y[48:] = y[:48] % 2, y[48:] % 2 + 2
    (finding,) = found("wrong_output_size", case_of(mlp(2), loader(x, y, shuffle=False)))
    assert (finding.evidence["value"], finding.evidence["threshold"]) == (2, K)
    assert finding.cures == ("widen_output",)


def test_too_few_outputs_from_the_first_batch_on_are_found():
    x, y = table()
    case = case_of(mlp(2), loader(x, y))
    (finding,) = found("wrong_output_size", case)
    assert (finding.evidence["value"], finding.evidence["threshold"]) == (2, K)
    assert not found("bad_labels", case)


def test_many_outputs_to_spare_are_a_remark_and_a_few_are_nothing():
    x, y = table(300)
    assert found("wrong_output_size", case_of(mlp(100), loader(x, y)))[0].level == "slight"
    assert not found("wrong_output_size", case_of(mlp(K + 1), loader(x, y)))
    assert not found("wrong_output_size", case_of(mlp(K), loader(x, y)))


@pytest.mark.filterwarnings("ignore:Using a target size")
def test_several_outputs_for_one_number_are_found():
    x, y = numbers()
    (finding,) = found("wrong_output_size", case_of(mlp(3), loader(x, y), nn.MSELoss()))
    assert finding.evidence["value"] == 3
    assert not found("wrong_output_size", case_of(mlp(3), loader(x, y.expand(-1, 3).clone()), nn.MSELoss()))
    (finding,) = found("wrong_output_size", case_of(mlp(1), loader(x, y.expand(-1, 3).clone()), nn.MSELoss()))
    assert finding.evidence["threshold"] == 3
