"""Augmentations of series: neutral settings, and what each of them keeps."""

from __future__ import annotations

import pytest
import torch

from whet.augment.jitter import Jitter
from whet.augment.scale_series import ScaleSeries
from whet.augment.time_shift import TimeShift
from whet.augment.window_slice import WindowSlice
from whet.errors import ConfigError
from whet.rng import make_generator

NEUTRAL = [Jitter(strength=0.0), ScaleSeries(strength=0.0), TimeShift(fraction=0.0), WindowSlice(fraction=1.0)]
USUAL = [Jitter(), ScaleSeries(), TimeShift(), WindowSlice()]


def batch_of(*shape):
    return {"series": torch.randn(shape, generator=make_generator(0, "data"))}


def changed(augmentation, batch, seed=0):
    generator = make_generator(seed, "augment")
    return augmentation(batch, rows=torch.arange(len(batch["series"])), epoch=0, generator=generator)["series"]


@pytest.mark.parametrize("augmentation", NEUTRAL, ids=repr)
def test_the_neutral_setting_returns_the_batch_and_draws_nothing(augmentation):
    batch, generator = batch_of(4, 2, 30), make_generator(0, "augment")
    state = generator.get_state()
    assert augmentation(batch, rows=torch.arange(4), epoch=0, generator=generator) is batch
    assert torch.equal(state, generator.get_state())
    assert len(augmentation.views(batch)) == 1


@pytest.mark.parametrize("augmentation", USUAL, ids=repr)
def test_shape_and_other_parts_are_kept_and_a_constant_series_stays_in_place(augmentation):
    batch = {**batch_of(3, 2, 50), "other": torch.arange(3)}
    out = augmentation(batch, rows=torch.arange(3), epoch=0, generator=make_generator(0, "augment"))
    assert out["series"].shape == (3, 2, 50)
    assert out["other"] is batch["other"]
    flat = {"series": torch.full((3, 1, 50), 2.0)}
    spread = changed(augmentation, flat).std(dim=-1)
    assert spread.max() < 1e-6


@pytest.mark.parametrize("augmentation", USUAL, ids=repr)
@pytest.mark.parametrize("length", [1, 2, 9])
def test_very_short_series_stay_finite(augmentation, length):
    assert changed(augmentation, batch_of(3, 1, length)).isfinite().all()


def test_jitter_has_the_stated_strength_on_every_scale():
    batch = {"series": batch_of(8, 1, 4000)["series"] * torch.tensor([0.01, 100.0]).repeat(4)[:, None, None]}
    noise = (changed(Jitter(strength=0.2), batch) - batch["series"]).std(dim=-1) / batch["series"].std(dim=-1)
    assert ((noise - 0.2).abs() < 0.02).all()


def test_scaling_multiplies_each_channel_by_one_positive_factor():
    batch = batch_of(5, 2, 40)
    ratio = changed(ScaleSeries(strength=0.3), batch) / batch["series"]
    torch.testing.assert_close(ratio, ratio[..., :1].expand(ratio.shape), atol=1e-4, rtol=1e-4)
    assert (ratio > 0).all()
    assert len(ratio[..., 0].unique()) == 10


def test_a_shift_moves_all_channels_by_the_same_steps_and_holds_the_ends():
    x = torch.arange(40.0).repeat(20, 2, 1)
    out = changed(TimeShift(fraction=0.25), {"series": x})
    assert torch.equal(out[:, 0], out[:, 1])
    moved = (out - x)[:, 0, 15:25]
    assert torch.equal(moved, moved[:, :1].expand(moved.shape))
    assert moved.abs().max() <= 10
    assert len(moved[:, 0].unique()) > 5
    assert out.min() >= 0
    assert out.max() <= 39


def test_a_window_of_a_straight_line_is_a_straight_line_of_its_part():
    x = torch.linspace(0, 1, 101).repeat(30, 1, 1)
    out = changed(WindowSlice(fraction=0.8), {"series": x})
    torch.testing.assert_close(out[..., -1] - out[..., 0], torch.full((30, 1), 0.8), atol=1e-4, rtol=0)
    steps = out.diff(dim=-1)
    torch.testing.assert_close(steps, torch.full_like(steps, 0.008), atol=1e-4, rtol=0)
    first, middle, last = (v["series"][0, 0] for v in WindowSlice(fraction=0.8).views({"series": x})[1:])
    torch.testing.assert_close(torch.stack([first[0], middle[0], last[-1]]), torch.tensor([0.0, 0.1, 1.0]))


@pytest.mark.parametrize(
    ("make", "value", "wanted"),
    [
        (lambda v: Jitter(strength=v), -1.0, "Jitter.strength must be 0 or more; got -1.0"),
        (lambda v: ScaleSeries(strength=v), float("nan"), "ScaleSeries.strength must be 0 or more; got nan"),
        (lambda v: TimeShift(fraction=v), 1.0, r"TimeShift.fraction must be in \[0, 1\); got 1.0"),
        (lambda v: WindowSlice(fraction=v), 0.0, r"WindowSlice.fraction must be in \(0, 1\]; got 0.0"),
    ],
)
def test_settings_out_of_range_are_named_with_advice(make, value, wanted):
    with pytest.raises(ConfigError, match=wanted + r".*Start from"):
        make(value)
