import torch
from curing_scripts import applies, blobs, cured, mlp, numbers, script
from torch import nn

from whet.diagnosis.ordinary_loop import train_stretch
from whet.diagnosis.scoring import compare, score


def rare(seed):
    x, y = blobs(900, spread=2.0, seed=seed)
    kept = (y != 2) | (torch.arange(900) % 12 == 0)
    return x[kept], y[kept]


def balanced_gain(setup, changed):
    before = setup.copy()
    for each in (before, changed):
        train_stretch(each, steps=150)
    return compare(score(before), score(changed), is_balanced=True, seed=0)


def test_a_rare_class_is_predicted_more_often():
    setup = script(mlp(), rare(0), rare(1), lr=3e-3)
    assert balanced_gain(setup, cured("class_weights", setup)).gain > 0.02


def test_yes_and_no():
    (x, y), (xv, yv) = numbers(600), numbers(600, seed=1)
    make = lambda x, y: (x, (y + 0.7 * x[:, 0].sin() > 1.6).float()[:, None])  # noqa: E731
    setup = script(mlp(6, 1), make(x, y), make(xv, yv), loss=nn.BCEWithLogitsLoss(), lr=1e-3)
    assert balanced_gain(setup, cured("class_weights", setup)).gain > 0.1


def test_balanced_classes_and_numbers_stay():
    assert not applies("class_weights", script(mlp(), blobs()))
    x, y = numbers()
    assert not applies("class_weights", script(mlp(6, 1), (x, y[:, None]), loss=nn.MSELoss()))
