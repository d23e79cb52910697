"""Length, gaps, level, spread, flat stretches, spikes and pace of series, per channel."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from scipy.fft import irfft, rfft
from scipy.signal import get_window

from whet.auditing.inspection import Inspection
from whet.auditing.media.runs import longest_run
from whet.auditing.media.sides import Side, sides_of
from whet.data.columns import SeriesColumn

__all__ = ["SeriesMeasures", "is_whole", "series_measures", "series_sides", "spiky"]

MOST_SERIES = 50_000
_VALUES = 1_000_000  # measured at a time
_SHORTEST = 32  # steps; below, pace cannot be told


@dataclass(frozen=True)
class SeriesMeasures:
    """Each (M, C) float32; NaN where a channel holds too little to tell."""

    length: np.ndarray  # steps up to the last known one
    gap: np.ndarray  # longest stretch of missing steps inside, as a share of the length; 1: nothing is known
    missing: np.ndarray  # share of missing steps inside
    mean: np.ndarray
    spread: np.ndarray  # standard deviation
    flat: np.ndarray  # longest stretch of one and the same value, as a share of the length
    rail: np.ndarray  # share of steps that stay at the highest or the lowest value
    spike: np.ndarray  # farthest that a step or two stand out of their neighbours, in spans (5th to 95th percentile)
    lag: np.ndarray  # logarithm to base 2 of the steps after which a series no longer resembles itself
    centre: np.ndarray  # logarithm to base 2 of the frequency around which its power lies, in periods per series


def series_sides(inspection: Inspection) -> list[tuple[Side, SeriesMeasures]]:
    """Training and test series with their measures; empty where the examples are no series."""
    if not any(isinstance(c, SeriesColumn) for c in inspection.data.columns.values()):
        return []
    return [(side, series_measures(side)) for side in sides_of(inspection, most=MOST_SERIES)]


def series_measures(side: Side) -> SeriesMeasures:
    """Measured once per series; later calls look up."""
    name, column = next((n, c) for n, c in side.data.columns.items() if isinstance(c, SeriesColumn))
    channels, steps = column.values.shape[1:]
    at_once = max(1, _VALUES // (channels * steps))

    def compute(lines: np.ndarray) -> np.ndarray:
        blocks = [lines[start : start + at_once] for start in range(0, len(lines), at_once)]
        return np.concatenate([_measured(column.gather(side.positions[b])).reshape(len(b), -1) for b in blocks])

    dim = channels * len(fields(SeriesMeasures))
    table = side.data.derived.rows(f"series measures 1 {name}", side.rows, dim=dim, compute=compute)
    return SeriesMeasures(*np.moveaxis(table.reshape(len(table), channels, -1), 2, 0))


def is_whole(measures: SeriesMeasures, usual: SeriesMeasures) -> np.ndarray:
    """(M,) bool: of about the usual length, neither flat nor full of gaps; ``usual``: the training series.

    What is broken otherwise has a report of its own, and measures nothing else truly.
    """
    length = np.median(usual.length.max(axis=1))
    long = np.abs(measures.length.max(axis=1) / max(float(length), 1.0) - 1) < 0.2
    still = measures.flat > np.maximum(0.3, 2.0 * np.nanmedian(usual.flat, axis=0))
    return np.asarray(long & ~still.any(axis=1) & (measures.missing < 0.05).all(axis=1))


def spiky(measures: SeriesMeasures, usual: SeriesMeasures, *, spans: float = 1.0, times: float = 4.0) -> np.ndarray:
    """(M,) bool: a step stands out by ``spans`` and ``times`` what nine tenths of the training series keep below."""
    bound = np.maximum(spans, times * np.quantile(np.nan_to_num(usual.spike), 0.9, axis=0))
    return np.asarray((measures.spike >= bound).any(axis=1))


def _measured(values: np.ndarray) -> np.ndarray:
    """(B, C, 10) for (B, C, T) with NaN where missing."""
    values = np.asarray(values, np.float64)
    known = np.isfinite(values)
    steps = np.arange(values.shape[2])
    any_known = known.any(axis=2)
    length = np.where(any_known, values.shape[2] - known[:, :, ::-1].argmax(axis=2), 0)
    inside = (steps >= known.argmax(axis=2)[:, :, None]) & (steps < length[:, :, None])
    lost = inside & ~known
    size = np.maximum(length, 1)
    gap = np.where(any_known, longest_run(lost) / size, 1.0)
    missing = np.where(any_known, lost.sum(axis=2) / size, 1.0)
    count = np.maximum(known.sum(axis=2), 1)
    mean = np.where(known, values, 0).sum(axis=2, dtype=np.float64) / count
    centred = np.where(known, values - mean[:, :, None], 0)
    spread = np.sqrt(np.square(centred).sum(axis=2) / count)
    still = values[:, :, 1:] == values[:, :, :-1]  # a missing step equals nothing
    flat = np.where(any_known, (longest_run(still) + 1) / size, np.nan)
    top, bottom = np.where(known, values, -np.inf).max(axis=2), np.where(known, values, np.inf).min(axis=2)
    at_rail = (values[:, :, 1:] == top[:, :, None]) | (values[:, :, 1:] == bottom[:, :, None])
    rail = (still & at_rail).sum(axis=2) / size
    told = [length, gap, missing, np.where(any_known, mean, np.nan), np.where(any_known, spread, np.nan)]
    return np.stack([*told, flat, rail, _spike(values, _span(values)), *_pace(centred)], axis=2)


def _span(values: np.ndarray) -> np.ndarray:
    """(B, C): from the 5th to the 95th percentile; 0 where nothing moves or nothing is known."""
    ordered = np.sort(values, axis=2)  # NaN last
    last = np.maximum(np.isfinite(values).sum(axis=2) - 1, 0)[:, :, None]
    low, high = (np.take_along_axis(ordered, np.rint(q * last).astype(np.int64), axis=2)[:, :, 0] for q in (0.05, 0.95))
    return np.asarray(np.nan_to_num(high - low))


def _spike(values: np.ndarray, span: np.ndarray) -> np.ndarray:
    """(B, C): the farthest step from the median of itself and two neighbours on each side, in spans."""
    if values.shape[2] < 5:
        return np.full(values.shape[:2], np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(values, 5, axis=2)
    out = np.abs(values[:, :, 2:-2] - np.median(windows, axis=3))  # NaN next to gaps
    farthest = np.where(np.isfinite(out), out, 0).max(axis=2)
    return np.where(span > 0, farthest / np.where(span > 0, span, 1), np.nan)


def _pace(centred: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two (B, C): where the autocorrelation first crosses zero, and the centre of the spectrum above its floor."""
    steps = centred.shape[2]
    if steps < _SHORTEST:
        return np.full(centred.shape[:2], np.nan), np.full(centred.shape[:2], np.nan)
    power = np.square(np.abs(rfft(centred, 2 * steps, axis=2)))
    alike = irfft(power, 2 * steps, axis=2)[:, :, :steps]
    crosses = np.maximum((alike <= 0).argmax(axis=2), 1)[:, :, None]
    after, before = (np.take_along_axis(alike, crosses - back, axis=2)[:, :, 0] for back in (0, 1))
    falls = (before > 0) & (after <= 0)
    lag = np.where(falls, crosses[:, :, 0] - 1 + before / np.where(falls, before - after, 1), np.nan)
    power = np.square(np.abs(rfft(centred * get_window("hann", steps), 4 * steps, axis=2)))[:, :, 1:]
    power = np.maximum(power - 4 * np.median(power, axis=2, keepdims=True), 0)  # white noise is below the floor
    total = power.sum(axis=2)
    centre = (power * np.log2(np.arange(1, power.shape[2] + 1) / 4)).sum(axis=2) / np.where(total > 0, total, 1)
    return np.log2(lag), np.where(total > 0, centre, np.nan)
