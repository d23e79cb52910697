"""On which examples the candidates meet: out-of-fold for small data where the budget allows, else a validation part."""

from __future__ import annotations

from collections.abc import Sequence

from whet.comparing.candidates import Candidate
from whet.comparing.pace import pace_of
from whet.improving.arena import Arena, cross_validation, hold_out
from whet.improving.clock import Clock
from whet.improving.defaults import MIDDLE, TINY
from whet.improving.observer import Observer
from whet.improving.prepare import Prepared

__all__ = ["choose_folds"]

PROBE_SHARE = 0.08  # of the time left, for timing a few steps of every network
ENOUGH = 2 / 3  # of the networks must be able to make their own epochs in every fold


def choose_folds(
    chosen: Sequence[Candidate], prepared: Prepared, *, clock: Clock, keep_s: float, seed: int, observer: Observer
) -> Arena:
    """5 folds, or 3, where two thirds of the networks can then make their epochs within their share of the time."""
    size = len(prepared.data)
    if size >= MIDDLE:
        return hold_out(prepared)
    share = (clock.left() - keep_s) / len(chosen)
    seconds = _epochs_seconds(chosen, prepared, observer, most_s=PROBE_SHARE * share)
    for num_folds in (5, 3):
        larger = (1 - 1 / num_folds) * size / len(prepared.train)  # a fold trains on so many times the examples
        fitting = sum(num_folds * larger * each <= share for each in seconds)
        if fitting >= ENOUGH * len(seconds):
            return cross_validation(prepared, num_folds=num_folds, seed=seed)
    return cross_validation(prepared, num_folds=5, seed=seed) if size < TINY else hold_out(prepared)


def _epochs_seconds(
    chosen: Sequence[Candidate], prepared: Prepared, observer: Observer, *, most_s: float
) -> list[float]:
    """For each network, about how long its own epochs take on the training part; one that fails counts as nothing."""
    found = []
    for candidate in chosen:
        if not candidate.is_estimator:
            observer.doing(f"timing a few steps of {candidate.title}")
            pace = pace_of(candidate.recipe, prepared, seconds=most_s)
            found.append(0.0 if pace is None else pace.training_s)
    return found
