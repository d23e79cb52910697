"""Log-mel spectrogram: how loud a sound is over time, in bands as wide as the ear's.

The bands reach from 0 to 8000 Hz whatever the rate, and powers are scaled by rate and window, so that a recording and
its resampled copy agree wherever both have a band; bands above half the rate lie at the floor.
Source: Davis & Mermelstein, "Comparison of parametric representations for monosyllabic word recognition", 1980;
    mel scale after O'Shaughnessy, 1987. Differs: power per band in dB, the same number of Hz per bin at any rate.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.fft import rfft
from scipy.signal import get_window

__all__ = ["FLOOR_DB", "averages_between", "log_mel", "mel_filters"]

FLOOR_DB = -100.0  # below the power of a full-scale square wave; 16 bits end near -98

_TOP_HZ = 8000.0
_BIN_HZ = 16.0  # finer than a third of the narrowest of 40 bands, so that none is left without a bin
_FRAMES = 1024  # transformed at a time: an hour of sound never lies in memory as a spectrogram of bins


def log_mel(
    wave: np.ndarray, rate: int, *, num_mels: int = 40, window_s: float = 0.025, hop_s: float = 0.010
) -> np.ndarray:
    """(T, num_mels) float32 dB re full scale, at least ``FLOOR_DB``; T = 1 + (samples - window) // hop.

    Args:
        wave: (samples,) float, full scale 1; one shorter than a window is filled up with silence.
        rate: Hz.

    >>> tone = np.sin(2 * np.pi * 1000 * np.arange(8000) / 8000)
    >>> log_mel(tone, 8000).shape, int(log_mel(tone, 8000).mean(axis=0).argmax())
    ((98, 40), 13)
    """
    size, hop = max(2, round(window_s * rate)), max(1, round(hop_s * rate))
    num_bins = 1 << int(np.ceil(np.log2(max(size, rate / _BIN_HZ))))
    window = get_window("hann", size).astype(np.float32)
    filters = mel_filters(rate, num_bins, num_mels) * np.float32(2.0 / (num_bins * np.square(window).sum()))
    wave = np.asarray(wave, dtype=np.float32)
    wave = np.pad(wave, (0, max(0, size - len(wave))))
    frames = np.lib.stride_tricks.sliding_window_view(wave, size)[::hop]
    bands = np.empty((len(frames), num_mels), dtype=np.float32)
    for start in range(0, len(frames), _FRAMES):
        spectrum = rfft(frames[start : start + _FRAMES] * window, n=num_bins, axis=1)
        bands[start : start + _FRAMES] = (spectrum.real**2 + spectrum.imag**2) @ filters
    return np.asarray(np.maximum(10 * np.log10(np.maximum(bands, np.float32(1e-12))), FLOOR_DB))


@lru_cache(maxsize=32)
def mel_filters(rate: int, num_bins: int, num_mels: int) -> np.ndarray:
    """(num_bins // 2 + 1, num_mels) float32: overlapping triangles of height 1, evenly spaced in mels up to 8000 Hz."""
    top = 2595.0 * np.log10(1.0 + _TOP_HZ / 700.0)
    edges = 700.0 * (10.0 ** (np.linspace(0.0, top, num_mels + 2) / 2595.0) - 1.0)
    bins = np.arange(num_bins // 2 + 1)[:, None] * (rate / num_bins)
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    filters = np.clip(np.minimum(rising, falling), 0.0, None).astype(np.float32)
    filters.setflags(write=False)  # shared by all callers
    return filters


def averages_between(bands: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """(K, B): the mean of frames (T, B) over each stretch between neighbouring ``edges`` (K + 1,), which rise.

    Edges are in frames and may be fractions; what lies outside the sound counts as zeros.

    >>> averages_between(np.array([[1.0], [3.0]]), np.array([0.0, 0.5, 2.0, 4.0])).ravel().round(3).tolist()
    [1.0, 2.333, 0.0]
    """
    inside = np.clip(edges, 0, len(bands))
    whole = np.minimum(inside.astype(np.int64), len(bands) - 1)
    sums = np.concatenate([np.zeros((1, bands.shape[1])), np.cumsum(bands, axis=0, dtype=np.float64)])
    at_edges = sums[whole] + (inside - whole)[:, None] * bands[whole]
    return np.asarray(np.diff(at_edges, axis=0) / np.diff(edges)[:, None])
