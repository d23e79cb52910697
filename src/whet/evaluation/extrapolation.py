"""What score would more examples bring? A learning curve, fitted by two families and tested on its own last point.

POW4 (c + a (n + d)^-b) and MMF4 ((a b + c n^d) / (b + n^d)) fit learning curves best of sixteen families; where the
last doubling brought nothing that stands out from the noise, nothing more is promised (last-1). About one curve in
seven is ill-behaved, so a curve that falls beyond its noise, or whose last point the others miss, is refused.
Both families are linear in a and c once the other two parameters are fixed: these go over a grid, a and c are solved
for and kept at 0 or above, so every fit is the best on the grid and none depends on a start.
Source: Viering & Loog, "The Shape of Learning Curves: a Review", TPAMI 2022; Mohr et al., "LCDB 1.0", ECML PKDD 2022.
    Differs: with as few as four sizes the error at 0 examples (guessing) is given as a weak further point.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from whet.errors import DataError
from whet.evaluation.intervals import Interval

__all__ = ["CurvePoint", "Forecast", "forecast"]

FARTHEST = 4.0  # times the largest size; further the families part
DRAWS = 200  # redrawn curves for the band
EXPONENTS = np.linspace(0.1, 1.5, 15)
SHIFTS = np.array([0.0, 0.1, 0.3, 1.0, 3.0])  # POW4's d, in units of the smallest size
HALVES = np.geomspace(0.02, 50.0, 25)  # MMF4's size at which half of the way is gone, in units of the largest size


@dataclass(frozen=True, kw_only=True)
class CurvePoint:
    """The mean loss (smaller is better, never below 0) of models trained on ``size`` examples."""

    size: float
    loss: float
    error: float  # standard error of ``loss`` from seeds and examples, as far as points do not share it


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """``gain``: how much smaller the loss gets between ``start`` and ``size`` examples, with a 95 % band."""

    start: float
    size: float
    loss: float  # at ``size``
    gain: Interval
    missed: float  # by which the last point was missed when it was hidden; positive: it turned out worse
    refusal: str = ""  # why not to believe it; empty: nothing speaks against it


def forecast(
    points: Sequence[CurvePoint],
    size: float,
    *,
    start: float | None = None,
    guessing: float | None = None,
    tolerance: float,
    typical_error: float = 0.0,
    seed_generator: np.random.Generator,
) -> Forecast:
    """Extrapolate to ``size``.

    Args:
        points: at least 3, by size.
        start: the size that the gain is counted from; the largest point without it.
        guessing: the loss with no examples at all.
        tolerance: the miss of the last point, hidden, beyond which the forecast is refused.
        typical_error: by which forecasts of other curves were off (root mean square); widens the band.

    >>> points = [CurvePoint(size=n, loss=0.1 + n**-0.5, error=0.001) for n in (100, 200, 400, 800)]
    >>> seen = forecast(points, 1600, tolerance=0.01, seed_generator=np.random.default_rng(0))
    >>> abs(seen.loss - (0.1 + 1600**-0.5)) < 0.003, seen.refusal
    (True, '')
    """
    if len(points) < 3:
        raise DataError(f"a learning curve needs at least 3 sizes; got {len(points)}.")
    ordered = sorted(points, key=lambda p: p.size)
    start = ordered[-1].size if start is None else start
    sizes, losses, errors = (np.array([getattr(p, name) for p in ordered]) for name in ("size", "loss", "error"))
    hidden = _predicted(sizes[:-1], losses[None, :-1], errors[:-1], sizes[-1:], guessing)[0, 0]
    missed = float(losses[-1] - hidden)
    noise = np.maximum(errors, 1e-12)
    drawn = np.maximum(losses + noise * seed_generator.standard_normal((DRAWS, len(losses))), 0.0)
    told = _predicted(sizes, np.concatenate([losses[None], drawn]), errors, np.array([start, size]), guessing)
    gains = told[1:, 0] - told[1:, 1]
    value = float(told[0, 0] - told[0, 1])
    # redrawing sees the noise of the points, not that the true curve is of neither family
    spread = float(np.sqrt(gains.var() + missed**2 + typical_error**2))
    low, high = value - 1.96 * spread, value + 1.96 * spread
    last_gain = losses[-2] - losses[-1]
    if last_gain < np.hypot(errors[-1], errors[-2]):  # last-1: no progress that stands out
        value, low = 0.0, min(low, 0.0)
    return Forecast(
        start=start,
        size=size,
        loss=float(told[0, 0]) - value,
        gain=Interval(value, min(float(low), value), max(float(high), value)),
        missed=missed,
        refusal=_refusal(sizes, losses, errors, size, missed, tolerance),
    )


def _refusal(
    sizes: np.ndarray, losses: np.ndarray, errors: np.ndarray, size: float, missed: float, tolerance: float
) -> str:
    if size > FARTHEST * sizes[-1] * 1.001:
        return f"{size:,.0f} examples are more than {FARTHEST:g} times the {sizes[-1]:,.0f} that were trained on"
    rises = np.diff(losses) > 2 * np.hypot(errors[1:], errors[:-1]) + 1e-12
    if rises.any():
        at = int(np.argmax(rises))
        return (
            f"the curve is not monotone: with {sizes[at + 1]:,.0f} examples the loss is {losses[at + 1]:.4g}, with "
            f"{sizes[at]:,.0f} it was {losses[at]:.4g}"
        )
    if abs(missed) > tolerance:
        return (
            f"the largest size, hidden, was missed by {abs(missed):.4g}, which is more than {tolerance:.4g}: the curve "
            "does not tell how it goes on"
        )
    return ""


def _predicted(
    sizes: np.ndarray, losses: np.ndarray, errors: np.ndarray, wanted: np.ndarray, guessing: float | None
) -> np.ndarray:
    """(B, W) losses at ``wanted`` sizes for (B, S) curves: the mean of the best fit of each family."""
    weights = 1 / np.square(np.maximum(errors, 1e-3 * losses.mean() + 1e-12))
    if guessing is not None:
        sizes = np.concatenate([[1.0], sizes])
        losses = np.concatenate([np.full((len(losses), 1), guessing), losses], axis=1)
        weights = np.concatenate([[0.02 * weights.min()], weights])
    shapes = [_powers, _sigmoids]
    top, low = sizes.max(), sizes[-max(1, len(sizes) - 1) :].min()
    both = [_best(shape(sizes, top, low), shape(wanted, top, low), losses, weights) for shape in shapes]
    return np.asarray(np.mean(both, axis=0))


def _powers(sizes: np.ndarray, top: float, low: float) -> np.ndarray:
    """(G, S, 2): what a and c of POW4 are multiplied by."""
    shifted = (sizes[None, :] + SHIFTS[:, None] * low) / top
    falling = shifted[None] ** -EXPONENTS[:, None, None]  # (E, D, S)
    falling = falling.reshape(-1, len(sizes))
    return np.stack([falling, np.ones_like(falling)], axis=2)


def _sigmoids(sizes: np.ndarray, top: float, low: float) -> np.ndarray:
    """(G, S, 2): what a and c of MMF4 are multiplied by."""
    grown = (sizes[None, None, :] / top / HALVES[None, :, None]) ** EXPONENTS[:, None, None]
    share = (1 / (1 + grown)).reshape(-1, len(sizes))
    return np.stack([share, 1 - share], axis=2)


def _best(basis: np.ndarray, wanted: np.ndarray, losses: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(B, W): for each curve the grid point that fits best, with a and c at 0 or above."""
    g = np.einsum("gsi,s,gsj->gij", basis, weights, basis)
    h = np.einsum("gsi,s,bs->gbi", basis, weights, losses)
    det = g[:, 0, 0] * g[:, 1, 1] - g[:, 0, 1] ** 2
    det = np.where(np.abs(det) > 1e-12 * g[:, 0, 0] * g[:, 1, 1], det, np.inf)[:, None]
    a = (g[:, 1, 1, None] * h[..., 0] - g[:, 0, 1, None] * h[..., 1]) / det
    c = (g[:, 0, 0, None] * h[..., 1] - g[:, 0, 1, None] * h[..., 0]) / det
    only_a, only_c = h[..., 0] / g[:, 0, 0, None], h[..., 1] / g[:, 1, 1, None]
    a, c = np.where(a < 0, 0.0, np.where(c < 0, only_a, a)), np.where(a < 0, only_c, np.where(c < 0, 0.0, c))
    parameters = np.stack([a, c], axis=2)  # (G, B, 2)
    fitted = np.einsum("gsi,gbi->gbs", basis, parameters)
    best = (np.square(fitted - losses[None]) * weights).sum(axis=2).argmin(axis=0)
    lines = np.arange(len(losses))
    return np.asarray(np.einsum("bwi,bi->bw", wanted[best], parameters[best, lines]))
