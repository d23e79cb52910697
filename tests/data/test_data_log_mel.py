from itertools import pairwise

import numpy as np
import pytest
from scipy.signal import lfilter, resample_poly

from whet.data.columns import AudioColumn
from whet.data.log_mel import FLOOR_DB, averages_between, log_mel
from whet.data.sound_vector import SOUND_FEATURES, sound_vector, sound_vectors


def noise(num=2400, seed=0):
    return 0.1 * np.random.default_rng(seed).normal(size=num)


def slow_log_mel(wave, rate, num_mels):
    """The textbook, one frame, one bin and one band at a time, with a Fourier sum written out."""

    def mel(hz):
        return 2595 * np.log10(1 + hz / 700)

    edges = [700 * (10 ** (mel(8000) * i / (num_mels + 1) / 2595) - 1) for i in range(num_mels + 2)]
    size, hop, bins = round(0.025 * rate), round(0.010 * rate), 512
    hann = np.array([0.5 - 0.5 * np.cos(2 * np.pi * n / size) for n in range(size)])
    found = []
    for start in range(0, len(wave) - size + 1, hop):
        piece = wave[start : start + size] * hann
        powers = [abs(sum(piece * np.exp(-2j * np.pi * k * np.arange(size) / bins))) ** 2 for k in range(bins // 2 + 1)]
        bands = []
        for low, middle, high in zip(edges, edges[1:], edges[2:]):
            total = 0.0
            for k, power in enumerate(powers):
                hz = k * rate / bins
                weight = (hz - low) / (middle - low) if hz <= middle else (high - hz) / (high - middle)
                total += max(0.0, weight) * power
            bands.append(2 * total / (bins * sum(hann**2)))
        found.append(bands)
    return 10 * np.log10(np.maximum(found, 10 ** (FLOOR_DB / 10)))


def test_equals_a_slow_independent_reference():
    wave = noise(600)
    np.testing.assert_allclose(log_mel(wave, 8000, num_mels=20), slow_log_mel(wave, 8000, 20), atol=0.02)


@pytest.mark.parametrize("rate", [8000, 11_025, 44_100])
def test_a_sine_of_full_scale_has_the_same_power_at_any_rate(rate):
    wave = np.sin(2 * np.pi * 1000 * np.arange(rate) / rate)
    total = 10 * np.log10((10 ** (log_mel(wave, rate) / 10)).sum(axis=1))
    np.testing.assert_allclose(total, -3.01, atol=0.1)


def test_a_resampled_copy_agrees_and_bands_above_half_the_rate_lie_at_the_floor():
    wave = noise(8000)
    low, high = log_mel(wave, 8000), log_mel(resample_poly(wave, 2, 1), 16_000)
    assert low.shape == high.shape
    np.testing.assert_allclose(low[:, :28], high[:, :28], atol=0.5)
    assert (low[:, 31:] == FLOOR_DB).all()
    assert (low[:, :29] > FLOOR_DB).all()


def test_every_band_has_a_bin_and_long_sounds_equal_their_pieces():
    wave = noise(8000 * 15)
    whole = log_mel(wave, 8000)
    assert whole.shape == (1498, 40)
    np.testing.assert_allclose(whole[1200:], log_mel(wave[1200 * 80 :], 8000), atol=1e-3)


def test_silence_and_sounds_shorter_than_a_window_have_one_frame_at_least():
    assert log_mel(np.zeros(3), 8000).tolist() == [[FLOOR_DB] * 40]
    assert log_mel(noise(1), 1000).shape == (1, 40)


def test_averages_equal_a_loop_over_fine_steps():
    bands = np.random.default_rng(0).normal(size=(7, 3))
    edges = np.array([-1.0, 0.25, 3.0, 6.5, 9.0])
    fine = np.arange(-1, 9, 0.001) + 0.0005
    value = np.where(((fine >= 0) & (fine < 7))[:, None], bands[np.clip(fine.astype(int), 0, 6)], 0)
    expected = [value[(fine > a) & (fine < b)].mean(axis=0) for a, b in pairwise(edges)]
    np.testing.assert_allclose(averages_between(bands, edges), expected, atol=1e-3)


def test_the_vector_ignores_volume_and_changes_less_with_the_rate_than_with_the_sound():
    wave = lfilter([1], [1, -0.95], noise(4000)) * np.hanning(4000)
    vector = sound_vector(wave, 8000)
    np.testing.assert_allclose(sound_vector(0.3 * wave, 8000), vector, atol=1e-2)
    other = sound_vector(lfilter([1], [1, -1.2, 0.95], noise(4000, seed=1)), 8000)
    copy = sound_vector(resample_poly(wave, 2, 1), 16_000)
    assert np.linalg.norm(copy - vector) < 0.2 * np.linalg.norm(other - vector)


@pytest.mark.parametrize("num", [1, 100, 240, 8000])
def test_vectors_are_finite_for_silence_and_for_any_length(num):
    for wave in (np.zeros(num, dtype=np.float32), noise(num).astype(np.float32)):
        vector = sound_vector(wave, 8000)
        assert vector.shape == (SOUND_FEATURES,)
        assert np.isfinite(vector).all()


def test_a_column_gives_a_row_for_each_sound_of_the_view():
    waves = [noise(n, seed=n).astype(np.float32) for n in (900, 1200, 1500)]
    offsets = np.cumsum([0, 900, 1200, 1500])
    rates = np.array([8000, 16_000, 8000], dtype=np.int32)
    column = AudioColumn(np.concatenate(waves), offsets, rates, np.ones(3, np.int8), np.array([2, 1]))
    expected = np.stack([sound_vector(waves[2], 8000), sound_vector(waves[1], 16_000)])
    np.testing.assert_array_equal(sound_vectors(column), expected)
