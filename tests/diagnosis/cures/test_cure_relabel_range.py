from dataclasses import replace

import pytest
import torch
from curing_scripts import applies, blobs, cured, mlp, numbers, script, trained_score
from torch import nn

from whet.diagnosis.case import Case
from whet.diagnosis.cures.cure import cures


@pytest.mark.parametrize("codes", [[1, 2, 3], [-1, 0, 1], [10, 20, 40]])
def test_labels_out_of_range_are_renumbered(codes):
    (x, y), (xv, yv) = blobs(), blobs(seed=1)
    setup = script(mlp(), (x, torch.tensor(codes)[y]), (xv, torch.tensor(codes)[yv]))
    assert trained_score(cured("relabel_range", setup)) > 0.85


@pytest.mark.parametrize("loss", [nn.BCEWithLogitsLoss(), nn.BCELoss()])
def test_minus_one_and_one_become_zero_and_one(loss):
    (x, y), (xv, yv) = numbers(), numbers(seed=1)
    last = nn.Sigmoid() if isinstance(loss, nn.BCELoss) else None
    setup = script(mlp(6, 1, last=last), (x, y.sign()[:, None]), (xv, yv.sign()[:, None]), loss=loss)
    assert trained_score(cured("relabel_range", setup)) > 0.85


def test_the_advice_for_labels_from_1_is_a_subtraction():
    x, y = blobs()
    assert cures["relabel_range"].advice(Case(setup=script(mlp(), (x, y + 1))), None) == "targets = targets - 1"


def test_labels_in_range_and_ignored_ones_stay():
    x, y = blobs()
    y[:9] = -100
    assert not applies("relabel_range", script(mlp(), (x, y)))
    assert not applies("relabel_range", script(mlp(classes=2), (x, y)))  # more classes than outputs: another fault


def test_the_targets_themselves_are_renumbered_so_that_any_score_of_them_is_right():
    x, y = blobs()
    changed = cured("relabel_range", script(mlp(), (x, y + 1), (x, y + 1)))
    _, targets = changed.forward(changed.model, (x, y + 1))
    assert torch.equal(targets, y)


def test_targets_inside_a_structure_are_renumbered_inside_the_loss():
    (x, y), (xv, yv) = blobs(), blobs(seed=1)
    setup = replace(
        script(mlp(), (x, y + 1), (xv, yv + 1), loss=lambda o, t: nn.functional.cross_entropy(o, t["label"])),
        forward=lambda model, batch: (model(batch[0]), {"label": batch[1]}),
    )
    assert trained_score(cured("relabel_range", setup)) > 0.85
