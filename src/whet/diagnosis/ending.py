"""Has a training come to its end? What a short stretch does not reach says nothing against a model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from whet.diagnosis.case import Case
from whet.diagnosis.probes.seen import seen
from whet.errors import CannotJudgeError

__all__ = ["Slope", "has_ended", "losses_seen", "slope_of"]

FLAT = 0.02  # share of the loss per quarter of the training below which it is no longer learning
LEAST = 8  # losses


@dataclass(frozen=True, kw_only=True)
class Slope:
    """A line through losses over a stretch."""

    level: float  # their mean
    fall: float  # from the beginning of the stretch to its end, positive when falling
    error: float  # standard error of ``fall``

    @property
    def share(self) -> float:
        """The fall as a share of the level."""
        return self.fall / max(abs(self.level), 1e-12)


def slope_of(losses: np.ndarray) -> Slope:
    """Of at least 3 finite losses.

    >>> slope_of(np.array([3.0, 2.0, 1.0])).fall
    2.0
    """
    where = np.linspace(-0.5, 0.5, len(losses))
    level, fall = float(losses.mean()), -float(where @ losses / (where @ where))
    rest = losses - level + fall * where
    spread = float(np.sqrt(rest @ rest / max(len(losses) - 2, 1)))
    return Slope(level=level, fall=fall, error=spread / float(np.sqrt(where @ where)))


def losses_seen(case: Case) -> np.ndarray:
    """(steps,) finite losses of the training that was watched or, without one, made by us; empty without any."""
    try:
        losses = seen(case).losses()
    except CannotJudgeError:
        return np.zeros(0)
    return np.asarray(losses[np.isfinite(losses)])


def has_ended(case: Case) -> bool:
    """Whether the outcome is one of a finished training.

    Either it was as long as the user means to train, or the model came trained, or its loss does not fall any more.
    """
    if case.outcome is None or not case.outcome.is_final:
        return False
    if case.setup is None or case.setup.epochs is not None or case.setup.was_trained:
        return True
    losses = losses_seen(case)
    if len(losses) < 4 * LEAST:
        return False
    last = slope_of(losses[-len(losses) // 4 :])
    return last.share < FLAT or last.fall < 2 * last.error
