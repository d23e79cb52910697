"""The series encoder: holes, lengths, scale, and what is said when they do not fit."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from whet.data.columns import SeriesColumn
from whet.data.dataset import Dataset
from whet.data.encoders.series import SeriesEncoder
from whet.data.encoders.series_blocks import new_array
from whet.data.encoders.series_steps import fill_missing, is_normalised, normalise_each
from whet.data.kinds import Kind, Modality
from whet.data.schema import Column, Schema
from whet.errors import ConfigError, DataError
from whet.state import State


def recorded(*columns: np.ndarray) -> Dataset:
    """A dataset of series columns s0, s1, ..."""
    features = tuple(Column(name=f"s{i}", kind=Kind.SERIES, series_shape=v.shape[1:]) for i, v in enumerate(columns))
    return Dataset(
        schema=Schema(modality=Modality.SERIES, features=features),
        columns={f"s{i}": SeriesColumn(v.astype(np.float32), np.arange(len(v))) for i, v in enumerate(columns)},
        rows=np.arange(len(columns[0])),
        fingerprint="made",
        origin="made.ts",
    )


def encoded(encoder: SeriesEncoder, dataset: Dataset) -> np.ndarray:
    return encoder.encode(dataset).batch(np.arange(len(dataset)))["series"].numpy()


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


@given(seed=st.integers(0, 10_000), share=st.floats(0, 0.9))
def test_filling_keeps_what_is_observed_and_equals_numpy_interpolation(seed, share):
    rng = np.random.default_rng(seed)
    whole = rng.normal(size=(1, 1, 20))
    holed = np.where(rng.random(whole.shape) < share, np.nan, whole)
    filled, seen = fill_missing(holed)[0, 0], np.isfinite(holed[0, 0])
    steps = np.arange(20)
    expected = np.interp(steps, steps[seen], holed[0, 0, seen]) if seen.any() else np.zeros(20)
    np.testing.assert_allclose(filled, expected, atol=1e-12)
    assert (filled[seen] == holed[0, 0, seen]).all()


def test_each_series_ends_with_mean_0_and_deviation_1_over_its_observed_steps():
    values = 5 + 3 * noise(4, 2, 30)
    values[:, :, 20:] = np.nan
    out = normalise_each(values)
    np.testing.assert_allclose(np.nanmean(out, axis=-1), 0, atol=1e-5)
    np.testing.assert_allclose(np.nanstd(out, axis=-1), 1, atol=1e-5)
    assert np.isnan(out[:, :, 20:]).all()


def test_a_flat_series_on_a_high_level_becomes_zero_and_not_rounding_noise():
    assert (normalise_each(np.full((1, 1, 50), 1e6 + 0.1, np.float32)) == 0).all()


def test_auto_leaves_normalised_series_alone_bit_for_bit_and_scales_others_by_training_channels():
    plain = normalise_each(noise(20, 1, 40))
    kept = SeriesEncoder.fit(recorded(plain), {}, seed=0)
    assert kept.z_normalise == "none"
    assert is_normalised(plain)
    np.testing.assert_array_equal(encoded(kept, recorded(plain)), plain)
    raw = np.concatenate([1000 + noise(20, 1, 40), 0.01 * noise(20, 1, 40, seed=1)], axis=1)
    scaled = SeriesEncoder.fit(recorded(raw), {}, seed=0)
    assert scaled.z_normalise == "per_channel_train"
    out = encoded(scaled, recorded(raw))
    np.testing.assert_allclose(out.mean(axis=(0, 2)), 0, atol=1e-3)
    np.testing.assert_allclose(out.std(axis=(0, 2)), 1, atol=1e-3)


def test_only_training_rows_decide_the_scale():
    train, other = recorded(3 + noise(10, 1, 20)), recorded(50 + noise(10, 1, 20))
    assert encoded(SeriesEncoder.fit(train, {}, seed=0), other).mean() > 20


def test_a_shorter_series_is_continued_at_its_last_value():
    encoder = SeriesEncoder.fit(recorded(noise(6, 1, 30)), {"z_normalise": "none"}, seed=0)
    short = noise(2, 1, 10)
    out = encoded(encoder, recorded(short))
    np.testing.assert_array_equal(out[:, :, :10], short)
    assert (out[:, :, 10:] == short[:, :, -1:]).all()


def test_a_longer_series_keeps_its_first_steps_and_a_warning_says_so():
    encoder = SeriesEncoder.fit(recorded(noise(6, 1, 30)), {"z_normalise": "none"}, seed=0)
    long = noise(3, 1, 45)
    long[0, :, 30:] = np.nan  # only padding falls off here
    with pytest.warns(UserWarning, match="2 of 3 series are longer than the 30 steps seen in training"):
        out = encoded(encoder, recorded(long))
    np.testing.assert_array_equal(out, long[:, :, :30])


def test_padding_length_does_not_change_the_encoding():
    encoder = SeriesEncoder.fit(recorded(3 + 2 * noise(6, 1, 30)), {"z_normalise": "per_series"}, seed=0)
    short = noise(2, 1, 12)
    padded = np.pad(short, ((0, 0), (0, 0), (0, 9)), constant_values=np.nan)
    np.testing.assert_array_equal(encoded(encoder, recorded(short)), encoded(encoder, recorded(padded)))


def test_columns_become_channels_side_by_side():
    a, b = noise(5, 1, 20), noise(5, 2, 16, seed=1)
    encoder = SeriesEncoder.fit(recorded(a, b), {"z_normalise": "none"}, seed=0)
    assert (encoder.spec.channels, encoder.spec.length) == (3, 20)
    out = encoded(encoder, recorded(a, b))
    np.testing.assert_array_equal(out[:, :1], a)
    np.testing.assert_array_equal(out[:, 1:, :16], b)


def test_infinite_values_count_as_missing():
    values = noise(3, 1, 20)
    values[0, 0, 5] = np.inf
    assert np.isfinite(encoded(SeriesEncoder.fit(recorded(values), {}, seed=0), recorded(values))).all()


@pytest.mark.parametrize("kind", ["auto", "per_series", "per_channel_train", "none"])
def test_state_gives_the_same_encoder_back_bit_for_bit(kind):
    data = recorded(2 + noise(8, 2, 25))
    encoder = SeriesEncoder.fit(data, {"z_normalise": kind}, seed=0)
    state = encoder.state()
    again = SeriesEncoder.from_state(State(json.loads(json.dumps(dict(state.config))), state.arrays))
    assert again.spec == encoder.spec
    np.testing.assert_array_equal(encoded(again, data), encoded(encoder, data))


def test_large_results_go_to_a_file_under_scratch(tmp_path):
    assert isinstance(new_array((1 << 18, 1, 1 << 11), tmp_path), np.memmap)
    assert not isinstance(new_array((4, 1, 8), tmp_path), np.memmap)


def test_unknown_settings_and_values_are_named():
    data = recorded(noise(4, 1, 10))
    with pytest.raises(ConfigError, match=r"no setting 'z_normalize'.*'z_normalise'"):
        SeriesEncoder.fit(data, {"z_normalize": "none"}, seed=0)
    with pytest.raises(ConfigError, match=r"z_normalise must be one of auto, .*; got 'minmax'"):
        SeriesEncoder.fit(data, {"z_normalise": "minmax"}, seed=0)


def test_missing_columns_and_wrong_channels_are_named():
    encoder = SeriesEncoder.fit(recorded(noise(4, 2, 10)), {}, seed=0)
    with pytest.raises(DataError, match=r"made\.ts: series column 's0' has 1 channels; .* 2"):
        encoder.encode(recorded(noise(4, 1, 10)))
    with pytest.raises(DataError, match="column 's0' is missing"):
        encoder.encode(replace(recorded(noise(4, 2, 10)), columns={}))
