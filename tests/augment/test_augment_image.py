from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from whet.augment.affine import Affine
from whet.augment.colour_jitter import ColourJitter
from whet.augment.cutout import Cutout
from whet.augment.flip import Flip
from whet.augment.translate import Translate, shifted
from whet.errors import ConfigError, ShapeError
from whet.rng import make_generator


def batch(n=12, height=8, width=8, channels=3, *, seed=0):
    generator = make_generator(seed, "pictures")
    return {"image": torch.randn(n, height, width, channels, generator=generator).permute(0, 3, 1, 2)}


def called(augmentation, given_batch, *, epoch=0, seed=0):
    rows = torch.arange(len(given_batch["image"]))
    generator = make_generator(seed, "augment")
    return augmentation(given_batch, rows=rows, epoch=epoch, generator=generator)["image"]


@pytest.mark.parametrize(
    "neutral",
    [
        Flip(mode="none"),
        Translate(pixels=0),
        Cutout(fraction=0),
        ColourJitter(brightness=0, contrast=0, saturation=0),
        Affine(degrees=0, scale=0),
    ],
)
def test_the_neutral_setting_gives_the_batch_itself(neutral):
    given_batch = batch()
    assert called(neutral, given_batch) is given_batch["image"]
    assert neutral.views(given_batch) == [given_batch]


def test_every_picture_shows_its_two_sides_in_turn_and_about_half_start_mirrored():
    given_batch = batch(n=400)
    first, second, third = (called(Flip(), given_batch, epoch=e) for e in range(3))
    assert torch.equal(first, third)
    assert torch.equal(first, second.flip(3))
    mirrored = (first != given_batch["image"]).flatten(1).any(1)
    assert 160 < mirrored.sum() < 240


def test_the_side_of_a_picture_belongs_to_its_row_not_to_its_place_in_the_batch():
    given_batch, generator = batch(), make_generator(0, "x")
    order = torch.randperm(12, generator=generator)
    shuffled = {"image": given_batch["image"][order]}
    out = Flip()(shuffled, rows=order, epoch=1, generator=generator)["image"]
    assert torch.equal(out, called(Flip(), given_batch, epoch=1)[order])


def test_random_flips_mirror_about_half():
    given_batch = batch(n=400)
    mirrored = (called(Flip(mode="random"), given_batch) != given_batch["image"]).flatten(1).any(1)
    assert 160 < mirrored.sum() < 240


@given(down=st.integers(-3, 3), right=st.integers(-3, 3), height=st.integers(4, 9), width=st.integers(4, 9))
@settings(max_examples=25, deadline=None)
def test_shifting_equals_cropping_the_reflect_padded_picture(down, right, height, width):
    images = batch(2, height, width)["image"]
    padded = F.pad(images, (3, 3, 3, 3), mode="reflect")
    expected = padded[:, :, 3 - down : 3 - down + height, 3 - right : 3 - right + width]
    moved = shifted(images, torch.full((2,), down), torch.full((2,), right), most=3)
    assert torch.equal(moved, expected)


def test_each_picture_moves_on_its_own_within_the_limit():
    images = torch.zeros(300, 1, 9, 9)
    images[:, :, 4, 4] = 1
    moved = called(Translate(pixels=2), {"image": images})
    places = {tuple(p) for p in (moved[:, 0] == 1).nonzero()[:, 1:].tolist()}
    assert places == {(y, x) for y in range(2, 7) for x in range(2, 7)}


def test_moving_further_than_the_picture_is_wide_is_refused():
    with pytest.raises(ShapeError, match="8x8 pixels cannot move by 8"):
        called(Translate(pixels=8), batch())


def test_cutout_blanks_one_square_of_at_most_the_given_side():
    images = torch.ones(200, 3, 16, 16)
    blank = called(Cutout(fraction=0.25), {"image": images}) == 0
    assert torch.equal(blank[:, 0], blank[:, 2])
    rows, columns = blank[:, 0].any(2).sum(1), blank[:, 0].any(1).sum(1)
    assert torch.equal(blank[:, 0].flatten(1).sum(1), rows * columns)
    assert rows.max() == columns.max() == 4
    assert rows.min() >= 2  # half of it at the border


def test_colour_jitter_moves_a_grey_picture_as_a_whole_and_keeps_the_order_of_pixels():
    images = torch.rand(30, 1, 4, 4, generator=make_generator(0, "x"))
    out = called(ColourJitter(), {"image": images})
    order = images.flatten(1).argsort(dim=1)
    assert (out.flatten(1).gather(1, order).diff(dim=1) >= 0).all()
    assert (out.mean((1, 2, 3)) - images.mean((1, 2, 3))).abs().max() <= 0.3 + 1e-6


def test_saturation_alone_keeps_the_grey_value_of_every_pixel():
    images = batch()["image"]
    out = called(ColourJitter(brightness=0, contrast=0, saturation=0.5), {"image": images})
    torch.testing.assert_close(out.mean(1), images.mean(1))
    assert not torch.allclose(out, images)


def test_contrast_alone_keeps_the_mean_colour():
    images = batch()["image"]
    out = called(ColourJitter(brightness=0, contrast=0.5, saturation=0), {"image": images})
    torch.testing.assert_close(out.mean((2, 3)), images.mean((2, 3)))


def test_turning_by_nothing_but_a_hair_leaves_pictures_nearly_as_they_are():
    given_batch = batch(height=12, width=8)
    torch.testing.assert_close(
        called(Affine(degrees=1e-4, scale=0), given_batch), given_batch["image"], atol=1e-3, rtol=0
    )


def test_turning_keeps_lengths_on_pictures_that_are_not_square():
    rod = torch.zeros(64, 1, 41, 61)
    rod[:, :, 19:22, 12:49] = 1  # a lying rod, 37 x 3
    turned = called(Affine(degrees=20, scale=0), {"image": rod})
    ink = turned.sum((1, 2, 3)) / rod.sum((1, 2, 3))
    assert (ink - 1).abs().max() < 0.05
    assert called(Affine(degrees=0, scale=0.2), {"image": rod}).sum((1, 2, 3)).std() > 1


def test_views_are_the_mirror_image_and_shifts_by_one_pixel():
    given_batch = batch()
    images = given_batch["image"]
    assert torch.equal(Flip().views(given_batch)[1]["image"], images.flip(3))
    original, up_left, down_right = Translate(pixels=4).views(given_batch)
    assert original is given_batch
    assert torch.equal(up_left["image"][:, :, :-1, :-1], images[:, :, 1:, 1:])
    assert torch.equal(down_right["image"][:, :, 1:, 1:], images[:, :, :-1, :-1])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Flip(mode="both"), r"Flip\.mode .*'both'"),
        (lambda: Translate(pixels=-1), r"Translate\.pixels .*-1"),
        (lambda: Cutout(fraction=1.5), r"Cutout\.fraction .*1\.5"),
        (lambda: ColourJitter(contrast=2), r"ColourJitter\.contrast .*2"),
        (lambda: Affine(degrees=200), r"Affine\.degrees .*200"),
        (lambda: Affine(scale=1.0), r"Affine\.scale .*1\.0"),
    ],
)
def test_settings_out_of_range_are_refused(make, message):
    with pytest.raises(ConfigError, match=message):
        make()
