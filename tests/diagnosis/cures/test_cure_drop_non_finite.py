import pytest
import torch
from curing_scripts import applies, blobs, cured, mlp, numbers, script, trained_score
from torch import nn


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_few_broken_inputs(value):
    (x, y), (xv, yv) = blobs(), blobs(seed=1)
    x[::50, 2], xv[::50, 1] = value, value
    setup = script(mlp(), (x, y), (xv, yv))
    changed = cured("drop_non_finite", setup)
    assert all(a.isfinite().all() for a, _ in changed.train)
    assert trained_score(changed) > 0.85


def test_a_column_that_is_mostly_empty_is_filled_instead():
    (x, y), (xv, yv) = blobs(), blobs(seed=1)
    x[::4, 2], x[1::4, 3], x[2::4, 3] = (float("nan"),) * 3
    changed = cured("drop_non_finite", script(mlp(), (x, y), (xv, yv)))
    assert sum(len(b) for _, b in changed.train) == 240
    assert trained_score(changed) > 0.85


def test_broken_targets_and_weights_that_already_are_nan():
    (x, y), (xv, yv) = numbers(), numbers(seed=1)
    y[::30] = float("nan")
    model = mlp(6, 1)
    with torch.no_grad():
        model[0].weight.fill_(float("nan"))
    changed = cured("drop_non_finite", script(model, (x, y[:, None]), (xv, yv[:, None]), loss=nn.MSELoss()))
    assert trained_score(changed) < 0.6


def test_whole_batches():
    assert not applies("drop_non_finite", script(mlp(), blobs()))
