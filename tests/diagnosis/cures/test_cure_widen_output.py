import pytest
import torch
from curing_scripts import applies, blobs, cnn, cured, mlp, numbers, pictures, script, trained_score
from torch import nn


def test_more_classes_than_outputs():
    setup = script(mlp(classes=2), blobs(), blobs(seed=1), optimizer=None)
    changed = cured("widen_output", setup)
    assert changed.model[-1].out_features == 3
    assert torch.equal(changed.model[-1].weight[:2], setup.model[-1].weight)
    assert trained_score(changed) > 0.85


@pytest.mark.parametrize("classes", [2, 5])
def test_one_output_for_several_classes(classes):
    x, y = pictures()
    y = y if classes == 2 else y + torch.arange(240) % 4
    setup = script(cnn(classes=1), (x, y))
    changed = cured("widen_output", setup)
    assert changed.model[-1].out_features == classes
    held = {id(p) for g in changed.optimizer.param_groups for p in g["params"]}
    assert {id(p) for p in changed.model.parameters()} == held


@pytest.mark.filterwarnings("ignore:Using a target size")
def test_one_output_for_two_numbers():
    (x, y), (xv, yv) = numbers(), numbers(seed=1)
    pair, valid = torch.stack([y, -y + 1], 1), torch.stack([yv, -yv + 1], 1)
    setup = script(mlp(6, 1), (x, pair), (xv, valid), loss=nn.MSELoss())
    assert trained_score(cured("widen_output", setup)) < 0.6


def test_the_right_width_and_more_outputs_than_classes_stay():
    assert not applies("widen_output", script(mlp(), blobs()))
    assert not applies("widen_output", script(mlp(classes=10), blobs()))
    x, y = numbers()
    assert not applies("widen_output", script(mlp(6, 1), (x, y[:, None]), loss=nn.MSELoss()))
