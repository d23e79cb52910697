"""A sound as one vector, for models that want rows of numbers: cepstra averaged over the sound and along it.

Helps: an audit or a baseline within seconds; words, calls and machine states differ in it.
Hurts: what happens at no fixed place in a long recording is averaged away.
Volume is removed, and quiet parts are cut at 60 dB below the loudest band, so that 8 kHz files resemble their copies
at higher rates.
Source: Davis & Mermelstein, "Comparison of parametric representations for monosyllabic word recognition", 1980.
    Differs: no energy term; beside mean, spread and change, ten averages along the sound keep the order of events.
"""

from __future__ import annotations

import numpy as np
from scipy.fft import dct

from whet.data.columns import AudioColumn
from whet.data.log_mel import averages_between, log_mel

__all__ = ["SOUND_FEATURES", "sound_vector", "sound_vectors"]

_CEPSTRA = 20  # spoken digits: 0.99 right; 13 cepstra or 40 plain bands, at twice the size, gave 0.98 to 0.99
_STRETCHES = 10
_RANGE_DB = 60.0

SOUND_FEATURES = _CEPSTRA * (4 + _STRETCHES) + 1  # D


def sound_vector(wave: np.ndarray, rate: int) -> np.ndarray:
    """(D,) float32: mean, spread, mean size and spread of change, ten stretches of time, logarithm of the seconds.

    >>> sound_vector(np.zeros(4000, dtype=np.float32), 8000).shape == (SOUND_FEATURES,)
    True
    """
    bands = log_mel(wave, rate)
    bands = np.maximum(bands, bands.max() - _RANGE_DB)
    cepstra = dct(bands - bands.mean(), axis=1, norm="ortho")[:, :_CEPSTRA]  # (T, 20)
    change = np.diff(cepstra, axis=0, prepend=cepstra[:1])
    stretches = averages_between(cepstra, np.linspace(0, len(cepstra), _STRETCHES + 1))
    seconds = np.log(max(len(wave), 1) / rate)
    parts = (cepstra.mean(axis=0), cepstra.std(axis=0), np.abs(change).mean(axis=0), change.std(axis=0))
    return np.concatenate([*parts, stretches.ravel(), [seconds]]).astype(np.float32)


def sound_vectors(column: AudioColumn) -> np.ndarray:
    """(N, D) float32, one row for each sound of the column."""
    rates = column.rates[column.rows].tolist()
    vectors = np.empty((len(rates), SOUND_FEATURES), dtype=np.float32)
    for row, rate in enumerate(rates):
        vectors[row] = sound_vector(column.waves(np.array([row]))[0], rate)
    return vectors
