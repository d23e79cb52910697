"""Small regions of pictures that give the label away, in training only or in both parts, and honest twins."""

import pytest
import torch
from outcomes_made import trained
from small_setups import found, loader
from torch import nn

from whet.diagnosis.probes.dealt_pictures import collected
from whet.diagnosis.probes.goal import goal
from whet.diagnosis.probes.picture_regions import reliance
from whet.diagnosis.probes.regions import bands, cross, frame
from whet.diagnosis.rules.shortcut import Shortcut
from whet.rng import make_generator


def shapes(num, seed=0, noise=0.8):
    """(N, 1, 16, 16): a lying, a standing or a slanting bar somewhere in the middle, in noise."""
    g = make_generator(seed, "shapes")
    y, at = torch.randint(3, (num,), generator=g), torch.randint(4, 9, (num,), generator=g)
    x = noise * torch.randn(num, 1, 16, 16, generator=g)
    for i, (k, a) in enumerate(zip(y.tolist(), at.tolist(), strict=True)):
        for j in range(3, 13):
            row, column = [(a, j), (j, a), (j, j)][k]
            x[i, 0, row, column] += 2.0
    return x, y


MARKS = {
    "rows 0-3, columns 0-3": (slice(0, 3), slice(0, 3)),
    "rows 6-9": (slice(7, 9), slice(None)),
    "columns 12-15": (slice(None), slice(14, 16)),
    "rows 10-13, columns 6-9": (slice(11, 13), slice(7, 9)),
    "the border of 2 pixels": None,
}


def marked(data, where):
    x, y = data
    grey = (2.0 * y.float())[:, None, None].expand(-1, 16, 16)
    mask = torch.zeros(16, 16, dtype=torch.bool)
    if MARKS[where] is None:
        mask |= frame(16, 16).mask
    else:
        mask[MARKS[where]] = True
    return torch.where(mask, grey, x[:, 0])[:, None], y


def net():
    return nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(512, 3))


class Last(nn.Module):
    """Takes pictures whose channels come last."""

    def __init__(self):
        super().__init__()
        self.body = net()

    def forward(self, x):
        return self.body(x.permute(0, 3, 1, 2))


def case_of(train, valid, *, build=net, epochs=4):
    adam = {"optimizer": lambda p: torch.optim.Adam(p, lr=5e-3)}
    return trained(build, loader(*train), loader(*valid, shuffle=False), epochs=epochs, **adam)


@pytest.mark.parametrize("where", MARKS)
def test_a_mark_of_training_pictures_only_is_named_with_its_region_and_severe(where):
    (finding,) = found(Shortcut(), case_of(marked(shapes(384), where), shapes(256, seed=1)))
    assert finding.where == where
    assert finding.level == "severe"
    assert finding.cures == ("cover_region",)
    assert finding.evidence["train_skill"] > finding.evidence["valid_skill"] + 0.2


@pytest.mark.parametrize("where", MARKS)
def test_a_mark_of_both_parts_is_named_with_its_region_and_moderate(where):
    case = case_of(marked(shapes(384), where), marked(shapes(256, seed=1), where))
    (finding,) = found(Shortcut(), case)
    assert finding.where == where
    assert finding.level == "moderate"


def test_channels_may_come_last_and_validation_pictures_be_sorted_by_class():
    (x, y), (xv, yv) = (marked(shapes(n, seed=s), "rows 0-3, columns 0-3") for n, s in ((384, 0), (256, 1)))
    order = yv.argsort()
    train, valid = (x.permute(0, 2, 3, 1), y), (xv[order].permute(0, 2, 3, 1), yv[order])
    (finding,) = found(Shortcut(), case_of(train, valid, build=Last))
    assert finding.where == "rows 0-3, columns 0-3"
    assert finding.evidence["lost_without"] > 0.4  # dealt out within batches of one class it would cost nothing


def test_honest_pictures_are_silent_also_where_they_are_learnt_by_heart_or_come_from_elsewhere():
    assert not found(Shortcut(), case_of(shapes(384), shapes(256, seed=1)))
    x, y = shapes(128, noise=2.0)
    assert not found(Shortcut(), case_of((x, y.roll(1)), shapes(256, seed=1), epochs=12))
    x, y = shapes(256, seed=1)
    assert not found(Shortcut(), case_of(shapes(384, noise=0.2), (3 - 2 * x.flip(3), y)))


def test_a_region_outside_which_pictures_are_all_alike_is_what_they_show():
    def padded(data):
        x, y = marked(data, "rows 0-3, columns 0-3")
        x[:, :, 4:], x[:, :, :, 4:] = 0.0, 0.0
        return x, y

    assert not found(Shortcut(), case_of(padded(shapes(384)), padded(shapes(256, seed=1))))


def test_what_a_model_does_not_see_costs_nothing_and_what_it_sees_costs_all():
    class Corner(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = nn.Parameter(torch.ones(1))

        def forward(self, x):
            level = x[:, 0, :3, :3].mean(dim=(1, 2))
            return -self.scale * (level[:, None] - 2.0 * torch.arange(3)).square()

    data = marked(shapes(256), "rows 0-3, columns 0-3")
    case = case_of(data, data, build=Corner, epochs=1)
    pictures = collected(case.setup.copy(), case.ask(goal), list(case.setup.valid), seed=0)
    rows, columns = bands(16, 16)
    use = reliance(pictures, cross(rows[0], columns[0]))
    assert (use.lost > 0.9, use.kept) == (True, 1.0)
    other = reliance(pictures, cross(rows[-1], columns[-1]))
    assert (other.lost, other.kept < 0.1) == (0.0, True)
    assert pictures.outside(torch.ones(16, 16, dtype=torch.bool)) == 0.0


@pytest.mark.parametrize("size", [(8, 8), (28, 28), (17, 40)])
def test_every_pixel_lies_in_a_band_and_a_narrow_band_within_one(size):
    for axis, group in enumerate(bands(*size)):
        assert torch.stack([r.mask for r in group]).any(dim=0).all()
        for first in range(size[axis] - size[axis] // 8 + 1):
            line = torch.zeros(size[axis], dtype=torch.bool)
            line[first : first + size[axis] // 8] = True
            assert any((r.mask.any(dim=1 - axis) | ~line).all() for r in group), first
