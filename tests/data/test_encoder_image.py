from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from whet.data.columns import ImageColumn
from whet.data.dataset import Dataset
from whet.data.encoders.image import ImageEncoder, channel_statistics
from whet.data.kinds import Kind, Modality
from whet.data.schema import Column, Schema
from whet.errors import ConfigError, DataError, ShapeError
from whet.state import State


def pictures(n=20, side=8, channels=3, *, names=("photo",), seed=0):
    rng = np.random.default_rng(seed)
    columns = {
        name: ImageColumn(rng.integers(0, 256, (n, side, side, channels), dtype=np.uint8), np.arange(n))
        for name in names
    }
    features = tuple(Column(name=name, kind=Kind.IMAGE, image_size=(side, side, channels)) for name in names)
    schema = Schema(modality=Modality.IMAGE, features=features)
    return Dataset(schema=schema, columns=columns, rows=np.arange(n), fingerprint="f", origin="album")


def test_a_batch_of_the_training_pictures_has_mean_zero_and_deviation_one_per_channel():
    data = pictures()
    batch = ImageEncoder.fit(data, {}, seed=0).encode(data).batch(np.arange(20))["image"]
    torch.testing.assert_close(batch.mean(dim=(0, 2, 3)), torch.zeros(3), atol=1e-5, rtol=0)
    torch.testing.assert_close(batch.std(dim=(0, 2, 3), correction=0), torch.ones(3), atol=1e-5, rtol=0)


def test_statistics_equal_those_of_the_pixels_as_floats():
    pixels = np.random.default_rng(1).integers(0, 256, (7, 5, 6, 2), dtype=np.uint8)
    mean, std = channel_statistics(pixels)
    np.testing.assert_allclose(mean, (pixels / 255).mean(axis=(0, 1, 2)))
    np.testing.assert_allclose(std, (pixels / 255).std(axis=(0, 1, 2)))


def test_a_constant_channel_does_not_blow_up():
    data = pictures(channels=1)
    data.columns["photo"].pixels[:] = 9
    batch = ImageEncoder.fit(data, {}, seed=0).encode(data).batch(np.arange(3))["image"]
    torch.testing.assert_close(batch, torch.zeros_like(batch), atol=1e-6, rtol=0)


def test_encoding_copies_no_pixel_and_follows_a_view_of_the_dataset():
    data = pictures()
    encoder = ImageEncoder.fit(data, {}, seed=0)
    part = encoder.encode(data.take(np.array([4, 2]))).parts["image"]
    assert np.shares_memory(part.pixels, data.columns["photo"].pixels)
    assert torch.equal(part.gather(np.array([0])), encoder.encode(data).batch(np.array([4]))["image"])


def test_an_encoder_survives_json_bit_for_bit():
    encoder = ImageEncoder.fit(pictures(), {}, seed=0)
    assert ImageEncoder.from_state(State(json.loads(json.dumps(dict(encoder.state().config))))) == encoder


def test_more_than_two_thousand_pictures_are_sampled_by_the_seed():
    data = pictures(n=2100, side=2)
    assert ImageEncoder.fit(data, {}, seed=0) == ImageEncoder.fit(data, {}, seed=0)
    assert ImageEncoder.fit(data, {}, seed=0) != ImageEncoder.fit(data, {}, seed=1)


def test_pictures_of_another_size_are_refused_with_both_sizes():
    encoder = ImageEncoder.fit(pictures(), {}, seed=0)
    with pytest.raises(ShapeError, match=r"pictures are \(9, 9, 3\).*fitted on \(8, 8, 3\)"):
        encoder.encode(pictures(side=9))


def test_settings_no_column_or_two_columns_are_refused():
    with pytest.raises(ConfigError, match="no settings"):
        ImageEncoder.fit(pictures(), {"size": 3}, seed=0)
    with pytest.raises(DataError, match="exactly one picture column"):
        ImageEncoder.fit(pictures(names=("left", "right")), {}, seed=0)
    encoder = ImageEncoder.fit(pictures(), {}, seed=0)
    with pytest.raises(DataError, match="no picture column 'photo'"):
        encoder.encode(pictures(names=("scan",)))
    with pytest.raises(DataError, match="there are no pictures"):
        encoder.encode(pictures().take(np.arange(0)))
