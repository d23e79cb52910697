"""A column of bare numbers that holds two scales: the same distribution twice, a unit's factor apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from whet.auditing.columns.column_limits import name_parts

__all__ = ["SecondScale", "second_scale"]

# Factors that lead from one unit to another: metric prefixes, inches, feet, miles, pounds.
FACTORS = (100.0, 1000.0, 1e6, 2.54, 3.28084, 1.609344, 2.20462)
_TEMPERATURE = {"temp", "temperature", "celsius", "fahrenheit", "degrees"}


@dataclass(frozen=True)
class SecondScale:
    """``mended``: the minority at ``positions`` in the unit of the others; ``gap``: between the groups, in widths."""

    positions: np.ndarray
    mended: np.ndarray
    how: str  # "times 100"
    gap: float

    def line(self, values: np.ndarray) -> dict[str, Any]:
        """The same as a rule for any value: on which side of which cut it is multiplied by and raised by what."""
        few = values[self.positions]
        others = np.delete(values, self.positions)
        above = bool(np.median(few) > np.nanmedian(others))
        nearest = np.nanmax(others) if above else np.nanmin(others)
        cut = float(nearest + (few.min() if above else few.max())) / 2
        low, high = int(few.argmin()), int(few.argmax())
        times = float((self.mended[high] - self.mended[low]) / (few[high] - few[low])) if high != low else 1.0
        return {"cut": cut, "above": above, "times": times, "plus": float(self.mended[low] - times * few[low])}


def second_scale(values: np.ndarray, name: str, *, least: float, most: float, fewest: int) -> SecondScale | None:
    """The minority that lies where the others would lie in another unit; None without strong evidence."""
    known = np.flatnonzero(np.isfinite(values))
    if len(known) < 50:
        return None
    if (values[known] > 0).mean() > 0.98:
        positive = known[values[known] > 0]
        cut = _widest_gap(np.log(values[positive]), least, most, fewest)
        found = None if cut is None else _by_factor(values, positive, np.log(values[positive]) > cut[0], cut[1])
        if found is not None:
            return found
    if not _TEMPERATURE & set(name_parts(name)):
        return None
    cut = _widest_gap(values[known], least, most, fewest)
    return None if cut is None else _by_degrees(values, known, values[known] > cut[0], cut[1])


def _widest_gap(logs: np.ndarray, least: float, most: float, fewest: int) -> tuple[float, float] | None:
    """(cut, gap over the width of the larger group); a side of the cut holds between ``least`` and ``most``."""
    ordered = np.sort(logs)
    num = len(ordered)
    low, high = max(fewest, int(np.ceil(least * num))), int(most * num)
    if high < low:
        return None
    sizes = np.arange(1, num)  # values below the cut
    minority = np.minimum(sizes, num - sizes)
    gaps = np.where((minority >= low) & (minority <= high), np.diff(ordered), 0.0)
    place = int(gaps.argmax())
    larger = ordered[: place + 1] if place + 1 > num / 2 else ordered[place + 1 :]
    width = float(np.subtract(*np.quantile(larger, [0.95, 0.05])))
    # A gap inside one distribution is far smaller than its width; 0.15 of it never happens with 50 values and more.
    if width <= 0 or gaps[place] < max(0.15 * width, 10 * np.median(np.diff(ordered))):
        return None
    return float((ordered[place] + ordered[place + 1]) / 2), float(gaps[place] / width)


def _is_lattice(values: np.ndarray, above: np.ndarray) -> bool:
    """The gap is no more than a few steps of a column of whole numbers: 2 and 3 are far apart on a log scale only."""
    steps = np.diff(np.unique(values))
    return float(values[above].min() - values[~above].max()) <= 3 * float(np.median(steps))


def _by_factor(values: np.ndarray, known: np.ndarray, above: np.ndarray, gap: float) -> SecondScale | None:
    if _is_lattice(values[known], above):
        return None
    few, many = _sides(known, above)
    step = float(np.median(np.log(values[many])) - np.median(np.log(values[few])))
    for factor in FACTORS:
        signed = np.log(factor) * np.sign(step)
        moved = np.log(values[few]) + signed
        if _alike(moved, np.log(values[many]), tolerance=0.25 * abs(signed)):
            how = f"{'times' if step > 0 else 'divided by'} {factor:g}"
            return SecondScale(few, np.exp(moved), how, gap)
    return None


def _by_degrees(values: np.ndarray, known: np.ndarray, above: np.ndarray, gap: float) -> SecondScale | None:
    few, many = _sides(known, above)
    for mended, how in ((values[few] * 1.8 + 32, "turned into Fahrenheit"), ((values[few] - 32) / 1.8, "into Celsius")):
        if _alike(mended, values[many], tolerance=float(np.ptp(values[many])) * 0.25):
            return SecondScale(few, mended, how, gap)
    return None


def _sides(known: np.ndarray, above: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return (known[above], known[~above]) if above.sum() < len(known) / 2 else (known[~above], known[above])


def _alike(few: np.ndarray, many: np.ndarray, *, tolerance: float) -> bool:
    """Same middle and same spread, up to chance; and not more than by ``tolerance`` off."""
    spread = float(many.std())
    off = abs(float(np.median(few) - np.median(many)))
    ratio = float(few.std()) / max(spread, 1e-12)
    most_ratio = 1.1 + 1.5 / np.sqrt(len(few))
    inside = (few >= many.min() - 0.5 * spread) & (few <= many.max() + 0.5 * spread)
    near = off <= min(tolerance, 4.0 * spread / np.sqrt(len(few)) + 0.02 * spread)
    return near and 1 / most_ratio**2 <= ratio <= most_ratio and float(inside.mean()) >= 0.95
