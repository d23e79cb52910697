"""Transforms that turn one class into another are found; strong but honest ones are not."""

import pytest
import torch
from small_setups import cnn, found, healthy, loader, make
from torch import nn
from torch.utils.data import DataLoader, Dataset

from whet.diagnosis.rules.augmentation_breaks_labels import AugmentationBreaksLabels
from whet.rng import make_generator


def sides(num, seed=0):
    """Bright left, middle or right; flipped, left is exactly right."""
    g = make_generator(seed, "sides")
    y = torch.randint(3, (num,), generator=g)
    x = 0.5 * torch.randn(num, 1, 8, 8, generator=g)
    for k, columns in enumerate((slice(0, 3), slice(3, 5), slice(5, 8))):
        x[y == k, :, :, columns] += 1.5
    return x, y


class Transformed(Dataset):
    def __init__(self, change, num=256):
        (self.x, self.y), self.change = sides(num), change

    def __len__(self):
        return len(self.x)

    def __getitem__(self, index):
        return self.change(self.x[index]), self.y[index]


def flip(x):  # left and right are classes here
    return x.flip(-1) if torch.rand(()) < 0.5 else x


def roll_far(x):
    return x.roll(int(torch.randint(0, 8, ())), dims=-1)


def destroy(x):
    return x + 8 * torch.randn_like(x)


def up_down(x):
    return x.flip(-2) if torch.rand(()) < 0.5 else x


def some_noise(x):
    return x * (0.8 + 0.4 * torch.rand(())) + 0.5 * torch.randn_like(x)


def flat():
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 3))


def case_of(net, change):
    return make(net, DataLoader(Transformed(change), batch_size=32, shuffle=True), loader(*sides(256, seed=1)))


@pytest.mark.parametrize("net", [cnn, flat])
@pytest.mark.parametrize("change", [flip, roll_far, destroy])
def test_breaking_transforms_are_found(net, change):
    (finding,) = found(AugmentationBreaksLabels(), case_of(net, change))
    assert finding.level == "severe"
    assert finding.cures == ("drop_augmentation",)


@pytest.mark.parametrize("net", [cnn, flat])
@pytest.mark.parametrize("change", [up_down, some_noise, lambda x: x])
def test_honest_transforms_are_silent(net, change):
    assert not found(AugmentationBreaksLabels(), case_of(net, change))


def test_healthy_setups_are_silent():
    for name, case in healthy():
        assert not found(AugmentationBreaksLabels(), case), name
