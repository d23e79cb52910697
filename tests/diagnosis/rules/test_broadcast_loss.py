"""Outputs (B, 1) against targets (B,) are found, whoever wrote the loss; losses that reshape are not."""

import pytest
from part_setups import Bag, Recurrent, case_of, cnn, found, loader, made, mlp, numbers, pictures, texts, waves
from torch import nn

pytestmark = pytest.mark.filterwarnings("ignore:Using a target size")

NETS = {
    "mlp": (lambda: mlp(1), lambda: numbers()[0]),
    "cnn": (lambda: cnn(1), lambda: pictures()[0]),
    "lstm": (lambda: made(lambda: Recurrent(1)), lambda: waves()[0]),
    "bag": (lambda: made(lambda: Bag(1)), lambda: texts()[0]),
}


@pytest.mark.parametrize("name", NETS)
@pytest.mark.parametrize(
    "loss", [nn.MSELoss(), nn.L1Loss(), lambda o, t: ((o - t) ** 2).mean()], ids=["mse", "l1", "own"]
)
def test_a_flat_target_is_found(name, loss):
    build, inputs = NETS[name]
    x = inputs()
    y = x.float().reshape(len(x), -1)[:, 0]
    (finding,) = found("broadcast_loss", case_of(build(), loader(x, y), loss))
    assert finding.level == "severe"
    assert finding.cures == ("match_shapes",)
    assert finding.evidence["pairs"] == (16, 16)
    assert not found("broadcast_loss", case_of(build(), loader(x, y[:, None]), loss))


def test_flat_outputs_against_a_column_are_found():
    x, y = numbers()
    (finding,) = found("broadcast_loss", case_of(mlp(1, last=(nn.Flatten(0),)), loader(x, y), nn.SmoothL1Loss()))
    assert "unsqueeze" in finding.advice


def test_a_loss_that_reshapes_is_fine():
    x, y = numbers()
    mse = nn.MSELoss()
    assert not found("broadcast_loss", case_of(mlp(1), loader(x, y[:, 0]), lambda o, t: mse(o.squeeze(1), t)))
    assert not found("broadcast_loss", case_of(mlp(1), loader(x, y[:, 0]), lambda o, t: mse(o.view_as(t), t)))


def test_one_example_at_a_time_is_fine():
    x, y = numbers()
    assert not found("broadcast_loss", case_of(mlp(1), loader(x, y[:, 0], batch_size=1), nn.MSELoss()))
