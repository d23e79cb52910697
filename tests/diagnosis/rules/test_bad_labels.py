"""Targets that cannot be learnt are found by kind; unusual ones that are fine are not."""

import pytest
import torch
from part_setups import NETS, K, case_of, found, loader, mlp, numbers, table
from torch import nn
from torch.nn import functional as F

from whet.rng import make_generator


@pytest.mark.parametrize("name", NETS)
def test_a_label_out_of_range_in_a_later_batch_is_found(name):
    build, data = NETS[name]
    x, y = data()
    y[50] = K
    (finding,) = found("bad_labels", case_of(build(), loader(x, y, shuffle=False)))
    assert finding.level == "severe"
    assert (finding.where, finding.evidence["value"]) == ("batch 3", K)


@pytest.mark.parametrize("loss", [nn.CrossEntropyLoss(), F.cross_entropy], ids=["module", "function"])
def test_labels_counted_from_one_are_found_though_the_loss_raises(loss):
    x, y = table()
    case = case_of(mlp(), loader(x, y + 1), loss)
    (finding,) = found("bad_labels", case)
    assert finding.level == "severe"
    assert "Subtract 1" in finding.advice
    assert finding.cures == ("relabel_range",)
    assert not found("wrong_output_size", case)


def test_labels_of_one_class_are_found():
    x, y = table()
    assert "nothing to tell apart" in found("bad_labels", case_of(mlp(), loader(x, 0 * y)))[0].statement
    assert found("bad_labels", case_of(mlp(1), loader(x, 0.0 * y[:, None]), nn.BCEWithLogitsLoss()))


def test_sorted_labels_are_not_taken_for_one_class():
    x, y = table(900)
    assert not found("bad_labels", case_of(mlp(), loader(x, y.sort().values, batch_size=4, shuffle=False)))


@pytest.mark.parametrize("pair", [(1, 2), (-1, 1), (0, 255)])
def test_yes_no_labels_of_other_numbers_are_found(pair):
    x, y = numbers()
    codes = torch.where(y > 0, float(pair[1]), float(pair[0]))
    (finding,) = found("bad_labels", case_of(mlp(1), loader(x, codes), nn.BCEWithLogitsLoss()))
    assert finding.cures == ("relabel_range",)


def test_classes_under_the_loss_of_yes_no_are_found():
    x, y = table()
    (finding,) = found("bad_labels", case_of(mlp(1), loader(x, y[:, None].float()), nn.BCEWithLogitsLoss()))
    assert "CrossEntropyLoss" in finding.advice


def test_targets_that_are_not_numbers_are_found_unless_the_loss_leaves_them_out():
    x, y = numbers()
    y[20] = float("nan")
    (finding,) = found("bad_labels", case_of(mlp(1), loader(x, y, shuffle=False), nn.MSELoss()))
    assert finding.where == "batch 1"
    assert finding.cures == ("drop_non_finite",)
    skipping = case_of(mlp(1), loader(x, y), lambda o, t: (o - t).square().nanmean())
    assert not found("bad_labels", skipping)


def test_marks_for_missing_numbers_are_found_and_outliers_are_not():
    x, y = numbers()
    marked, heavy = y.clone(), y.clone()
    marked[::12], heavy[::12] = -999.0, 30 * y[::12]
    (finding,) = found("bad_labels", case_of(mlp(1), loader(x, marked), nn.MSELoss()))
    assert finding.evidence["value"] == -999
    assert not found("bad_labels", case_of(mlp(1), loader(x, heavy), nn.MSELoss()))


def test_counts_with_many_zeros_are_fine():
    x, y = numbers()
    assert not found("bad_labels", case_of(mlp(1), loader(x, y.clamp(min=0).round()), nn.MSELoss()))
    assert not found("bad_labels", case_of(mlp(1), loader(x, 100 + y.clamp(min=0)), nn.MSELoss()))


def test_several_labels_under_cross_entropy_are_found_and_shares_are_fine():
    x, y = table()
    several = torch.stack([y >= k for k in range(K)], 1).float()
    assert found("bad_labels", case_of(mlp(), loader(x, several)))[0].level == "moderate"
    assert not found("bad_labels", case_of(mlp(), loader(x, several / several.sum(1, keepdim=True))))


def test_equal_inputs_with_other_labels_are_found():
    x, y = table(60)
    g = make_generator(0, "twins")
    twice = torch.cat([x, x]), torch.cat([y, torch.randint(K, y.shape, generator=g)])
    (finding,) = found("bad_labels", case_of(mlp(), loader(*twice)))
    assert finding.evidence["value"] > 0.2
    assert finding.level == "moderate"
    assert not found("bad_labels", case_of(mlp(), loader(torch.cat([x, x]), torch.cat([y, y]))))


def test_one_hot_labels_are_fine():
    x, y = table()
    assert not found("bad_labels", case_of(mlp(), loader(x, F.one_hot(y, K).float())))
