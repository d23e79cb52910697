"""Level, peaks, offset, loudness over time and band of sounds, from their samples at their own rate."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from scipy.signal import welch

from whet.auditing.inspection import Inspection
from whet.auditing.media.sides import Side, sides_of
from whet.data.columns import AudioColumn

__all__ = ["SILENCE_DB", "SoundMeasures", "is_long_enough", "sound_measures", "sound_sides"]

SILENCE_DB = -120.0  # given to what is below it; 16 bits end near -98
MOST_SOUNDS = 20_000
_LONGEST_S = 30.0  # measured of each sound, from its middle; the rest is counted in ``seconds`` only
_FRAME_S = 0.025
_FEWEST = 3  # equal samples in a row at the extreme, from which they are a cut-off peak
_REACH_DB = 60.0  # below the strongest part of the spectrum, what counts as sound


@dataclass(frozen=True)
class SoundMeasures:
    """Each (M,) float32. Levels are in dB of full scale."""

    seconds: np.ndarray
    rate: np.ndarray  # Hz
    channels: np.ndarray
    level: np.ndarray  # of the root mean square, offset removed
    peak: np.ndarray  # largest absolute sample, 1 is full scale
    offset: np.ndarray  # mean sample
    clipped: np.ndarray  # share of samples in runs of three or more at the highest or lowest value
    loud: np.ndarray  # dB, 95th percentile of frames of 25 ms
    quiet: np.ndarray  # dB, 10th percentile of frames
    flatness: np.ndarray  # dB, geometric over arithmetic mean of the spectrum: 0 for white noise
    band: np.ndarray  # highest frequency within 60 dB of the strongest, as a share of half the rate
    centre: np.ndarray  # logarithm to base 2 of the middle of the spectrum in Hz


def sound_sides(inspection: Inspection) -> list[tuple[Side, SoundMeasures]]:
    """Training and test sounds with their measures; empty where the examples are no sounds."""
    if not any(isinstance(c, AudioColumn) for c in inspection.data.columns.values()):
        return []
    return [(side, sound_measures(side)) for side in sides_of(inspection, most=MOST_SOUNDS)]


def is_long_enough(measures: SoundMeasures, usual: SoundMeasures) -> np.ndarray:
    """(M,) bool: at least a quarter of the usual length; what broke off has a report of its own and measures little."""
    return np.asarray(measures.seconds >= np.median(usual.seconds) / 4)


def sound_measures(side: Side) -> SoundMeasures:
    """Measured once per sound; later calls look up."""
    name, column = next((n, c) for n, c in side.data.columns.items() if isinstance(c, AudioColumn))
    seconds = column.seconds()

    def compute(lines: np.ndarray) -> np.ndarray:
        at = side.positions[lines]
        rows = column.rows[at]
        facts = np.column_stack([seconds[at], column.rates[rows], column.channels[rows]])
        waves = zip(column.waves(at), column.rates[rows].tolist(), strict=True)
        return np.column_stack([facts, np.array([_measured(wave, rate) for wave, rate in waves])])

    dim = len(fields(SoundMeasures))
    return SoundMeasures(*side.data.derived.rows(f"sound measures 1 {name}", side.rows, dim=dim, compute=compute).T)


def _measured(wave: np.ndarray, rate: int) -> list[float]:
    most = round(_LONGEST_S * rate)
    start = max(0, (len(wave) - most) // 2)
    wave = wave[start : start + most].astype(np.float64)
    if not len(wave):
        return [SILENCE_DB, 0.0, 0.0, 0.0, SILENCE_DB, SILENCE_DB, np.nan, np.nan, np.nan]
    offset = float(wave.mean())
    centred = wave - offset
    frame = max(2, round(_FRAME_S * rate))
    num = max(1, len(wave) // frame)
    powers = [np.square(piece).mean() for piece in np.array_split(centred, num)]
    quiet, loud = np.quantile(_decibels(np.array(powers)), [0.1, 0.95])
    level = float(_decibels(np.square(centred).mean()))
    spectral = _spectral(centred, rate) if level > SILENCE_DB else (np.nan, np.nan, np.nan)
    return [level, float(np.abs(wave).max()), offset, _clipped(wave), float(loud), float(quiet), *spectral]


def _decibels(power: np.ndarray) -> np.ndarray:
    return np.asarray(10 * np.log10(np.maximum(power, 10 ** (SILENCE_DB / 10))))


def _clipped(wave: np.ndarray) -> float:
    """The share of samples that stay at an extreme."""
    at_edge = np.zeros(len(wave), bool)
    for extreme in (wave.max(), wave.min()):
        near = np.abs(wave - extreme) <= 1e-4 * max(abs(extreme), 1e-9)
        ends = np.flatnonzero(np.diff(np.concatenate([[0], near.astype(np.int8), [0]])))
        for begin, end in zip(ends[::2].tolist(), ends[1::2].tolist(), strict=True):
            at_edge[begin:end] = end - begin >= _FEWEST
    return float(at_edge.mean())


def _spectral(centred: np.ndarray, rate: int) -> tuple[float, float, float]:
    size = min(len(centred), max(64, round(0.032 * rate)))
    hertz, power = welch(centred, fs=rate, nperseg=size, detrend=False)
    hertz, power = hertz[1:], np.maximum(power[1:], 1e-30)
    if len(hertz) < 2:
        return np.nan, np.nan, np.nan
    flatness = 10 * float(np.log10(power).mean() - np.log10(power.mean()))
    reached = hertz[power >= power.max() * 10 ** (-_REACH_DB / 10)]
    middle = hertz[np.searchsorted(np.cumsum(power), power.sum() / 2)]
    return flatness, float(reached[-1] / (rate / 2)), float(np.log2(middle))
