import warnings

import pytest
from curing_scripts import applies, blobs, cured, mlp, numbers, script, trained_score
from torch import nn
from torch.nn import functional


@pytest.mark.filterwarnings("ignore:Using a target size")
@pytest.mark.parametrize(
    "loss", [nn.MSELoss(), functional.l1_loss, lambda outputs, targets: (outputs - targets).square().mean()]
)
def test_a_column_against_a_row(loss):
    setup = script(mlp(6, 1), numbers(), numbers(seed=1), loss=loss)
    changed = cured("match_shapes", setup)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert trained_score(changed) < 0.5 * trained_score_quietly(setup)


def trained_score_quietly(setup):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return trained_score(setup)


def test_shapes_that_agree_stay():
    x, y = numbers()
    assert not applies("match_shapes", script(mlp(6, 1), (x, y[:, None]), loss=nn.MSELoss()))
    assert not applies("match_shapes", script(mlp(), blobs()))
    assert not applies("match_shapes", script(mlp(classes=1), blobs()))
