from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

import whet.models
from whet.data.encoders.image import ImageEncoder
from whet.data.inputs import InputSpec
from whet.data.kinds import Modality
from whet.data.load import load
from whet.errors import ConfigError
from whet.models.architecture import architectures, build
from whet.models.convnet import ConvNet
from whet.recipe import Length, Optimiser, Recipe, Resizing
from whet.tasks.classes import ClassTarget
from whet.training.fit import fit
from whet.training.fitted import FitSetting
from whet.training.resizing import shrunk, side_at

assert whet.models

SETTING = FitSetting(num_threads=1)
GROWING = Resizing(start=0.5, full_from=0.8)


@pytest.fixture(autouse=True)
def _encoder(monkeypatch):
    from whet.data.encoders.encoder import encoders

    monkeypatch.setitem(encoders._items, "image", ImageEncoder)


@pytest.fixture(scope="module")
def pictures():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 2, 60)
    pixels = rng.integers(0, 90, (60, 16, 16, 1), dtype=np.uint8)
    stripes = np.where(np.arange(16) % 8 < 4, 120, 0).astype(np.uint8)[:, None]
    pixels[codes == 1] += stripes[:, :, None]
    pixels[codes == 0] += stripes[None, :]
    return load((pixels, np.array(["low", "high"], dtype=object)[codes]))


def recipe(**changes):
    base = Recipe(architecture="convnet", settings={"widths": [8, 8]}, batch_size=16, length=Length(epochs=2))
    return replace(base, **changes)


def seen_sides(pictures, monkeypatch, **changes):
    sides, real = [], ConvNet.feature_map

    def noting(self, batch):
        if self.training:
            sides.append(batch["image"].shape[2])
        return real(self, batch)

    monkeypatch.setattr(ConvNet, "feature_map", noting)
    fit(recipe(**changes), ClassTarget.fit(pictures.target), pictures, None, setting=SETTING)
    return sides


def test_pictures_grow_to_their_full_size_and_stay_there(pictures, monkeypatch):
    sides = seen_sides(pictures, monkeypatch, resizing=GROWING, length=Length(epochs=5))
    assert sides == sorted(sides)
    assert sides[0] == 8
    assert set(sides[-4:]) == {16}


def test_start_1_is_neutral(pictures, monkeypatch):
    target = ClassTarget.fit(pictures.target)
    plain = fit(recipe(), target, pictures, pictures, setting=SETTING)
    neutral = fit(recipe(resizing=Resizing(start=1.0)), target, pictures, pictures, setting=SETTING)
    assert np.array_equal(plain.valid_scores, neutral.valid_scores)
    assert set(seen_sides(pictures, monkeypatch)) == {16}


def test_a_network_trained_on_growing_pictures_learns_and_reads_full_ones(pictures):
    target = ClassTarget.fit(pictures.target)
    training = fit(
        recipe(resizing=GROWING, length=Length(epochs=20), optimiser=Optimiser(lr=0.01)),
        target,
        pictures,
        pictures,
        setting=SETTING,
    )
    assert (training.valid_scores.argmax(axis=1) == target.encode(pictures.target)).mean() > 0.9


def test_both_sides_shrink_alike_and_other_parts_are_left_alone():
    batch = {"image": torch.rand(2, 3, 32, 64), "numbers": torch.rand(2, 5)}
    found = shrunk(batch, GROWING, 0.0)
    assert found["image"].shape == (2, 3, 16, 32)
    assert found["numbers"] is batch["numbers"]
    assert shrunk(batch, GROWING, 0.9)["image"] is batch["image"]


def test_a_grey_picture_stays_as_grey():
    image = torch.full((1, 1, 32, 32), 0.3)
    assert torch.allclose(shrunk({"image": image}, GROWING, 0.0)["image"], torch.tensor(0.3))


def test_tiny_pictures_are_never_shrunk_below_what_shows_something():
    assert side_at(8, GROWING, 0.0) == 8
    assert side_at(12, GROWING, 0.0) == 8


ANY_SIZE = [n for n in architectures if architectures[n].any_size and not architectures[n].needs_backbone]


@pytest.mark.parametrize("name", ANY_SIZE)
def test_networks_that_say_so_read_smaller_pictures_than_they_were_built_for(name):
    spec = InputSpec(modality=Modality.IMAGE, channels=1, height=32, width=32)
    model = build(name, spec, 3, {}, seed=0)
    assert model({"image": torch.zeros(2, 1, 20, 20)}).shape == (2, 3)


def test_a_network_of_one_size_refuses_it_in_words(pictures, monkeypatch):
    monkeypatch.setattr(ConvNet, "any_size", False)
    with pytest.raises(ConfigError, match=r"Resizing.start is 0.5, but 'convnet' reads pictures of one size"):
        fit(recipe(resizing=GROWING), ClassTarget.fit(pictures.target), pictures, None, setting=SETTING)


@pytest.mark.parametrize("bad", [{"start": 0.0}, {"start": 1.5}, {"full_from": -0.1}])
def test_settings_out_of_range_are_refused(bad):
    with pytest.raises(ConfigError, match=f"Resizing.{next(iter(bad))}"):
        Resizing(**bad)


def test_it_survives_yaml():
    changed = recipe(resizing=GROWING)
    assert Recipe.from_yaml(changed.to_yaml()) == changed
    assert changed.digest() != recipe().digest()
