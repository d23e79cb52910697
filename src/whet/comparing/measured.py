"""Trains one candidate in every part of one repeat, and keeps what the comparison needs of it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace

import numpy as np

from whet.comparing.candidates import Candidate
from whet.comparing.latency import BATCHES, milliseconds_per_example
from whet.comparing.memory import PeakMemory, peak_memory
from whet.errors import TrainingFailedError, WhetError
from whet.improving.arena import Arena
from whet.improving.prepare import Prepared
from whet.recipe import Length, Recipe
from whet.training.fit import fit
from whet.training.fitted import FitSetting, Training
from whet.training.interrupted import Interrupted

__all__ = ["Measured", "measure_repeat"]

LATENCY_SHARE, LATENCY_MOST_S = 0.04, 2.0  # of a training's seconds, for timing predictions; once a candidate
ENDED_EARLY = 0.98  # below this share of its epochs a training was ended by the clock


@dataclass
class Measured:
    """What was found out about one candidate; lists have one entry per training, ``scores`` one per repeat."""

    candidate: Candidate
    cause: str | None = None  # why there is nothing to compare
    scores: list[np.ndarray] = field(default_factory=list)  # (N, K) each, in the order of the arena
    seconds: list[float] = field(default_factory=list)
    epochs: list[float] = field(default_factory=list)
    num_parameters: int | None = None
    predict_ms: dict[int, float] = field(default_factory=dict)  # batch size -> milliseconds per example
    memory: PeakMemory = field(default_factory=PeakMemory)
    stopped_by_recipe: bool = False  # early stopping is part of it: fewer epochs are then no sign of too little time
    spent_s: float = 0.0  # everything, timing of predictions included

    @property
    def ended_by_clock(self) -> bool:
        """Did its time end before its epochs did."""
        planned = self.candidate.recipe.length.epochs
        if self.candidate.is_estimator or planned is None or not self.epochs or self.stopped_by_recipe:
            return False
        return float(np.mean(self.epochs)) < ENDED_EARLY * planned


def measure_repeat(
    measured: Measured, prepared: Prepared, arena: Arena, *, repeat: int, limit_s: float, setting: FitSetting, seed: int
) -> None:
    """Add one repeat to ``measured``; a failure is noted there and ends the candidate's part in the comparison."""
    begin = time.perf_counter()
    recipe = _limited(measured.candidate, limit_s, seed=seed, repeat=repeat)
    scores = np.zeros((len(arena.evaluated), prepared.target.num_outputs))
    try:
        for number, (train, valid) in enumerate(arena.parts_of(repeat)):
            first = repeat == 0 and number == 0
            scores[np.searchsorted(arena.evaluated, valid)] = _train(
                measured, prepared, recipe, train, valid, setting, first, limit_s
            )
        if not np.isfinite(scores).all():
            raise TrainingFailedError("predictions are not finite", cause="its predictions are not finite")
        measured.scores.append(scores)
    except Interrupted:
        raise
    except TrainingFailedError as fault:
        measured.cause = fault.cause
    except MemoryError as fault:
        measured.cause = f"out of memory: {fault}"
    except WhetError as fault:
        measured.cause = str(fault)
    except Exception as fault:  # whatever a library raises inside one candidate must not end the comparison
        measured.cause = f"{type(fault).__name__}: {fault}"
    finally:
        measured.spent_s += time.perf_counter() - begin


def _limited(candidate: Candidate, limit_s: float, *, seed: int, repeat: int) -> Recipe:
    """The recipe with its own epochs, at most so many seconds, and the seed that the repeat gives to everyone."""
    recipe = candidate.recipe
    length = Length(seconds=round(limit_s, 3), epochs=None if candidate.is_estimator else recipe.length.epochs)
    return replace(recipe, length=length, seed=seed * 1000 + recipe.seed * 100 + repeat)


def _train(
    measured: Measured,
    prepared: Prepared,
    recipe: Recipe,
    train: np.ndarray,
    valid: np.ndarray,
    setting: FitSetting,
    first: bool,
    limit_s: float,
) -> np.ndarray:
    data = prepared.data
    timing_s = min(LATENCY_MOST_S, LATENCY_SHARE * limit_s) if first else 0.0
    shorter = replace(recipe, length=replace(recipe.length, seconds=max(0.05, limit_s - 2 * timing_s)))
    if first:
        with peak_memory(setting.device) as measured.memory:
            training = fit(shorter, prepared.target, data.take(train), data.take(valid), setting=setting)
    else:
        training = fit(shorter, prepared.target, data.take(train), data.take(valid), setting=setting)
    _note(measured, training)
    if first:
        held = data.take(valid)
        for batch in BATCHES:
            measured.predict_ms[batch] = milliseconds_per_example(training.fitted, held, batch=batch, seconds=timing_s)
    assert training.valid_scores is not None
    return training.valid_scores


def _note(measured: Measured, training: Training) -> None:
    measured.seconds.append(training.seconds)
    measured.epochs.append(training.epochs)
    measured.num_parameters = training.num_parameters
    measured.stopped_by_recipe = measured.candidate.recipe.regularisation.early_stopping is not None
