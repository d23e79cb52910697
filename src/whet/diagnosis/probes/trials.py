"""Short trainings of copies with one setting changed, measured on the same batches as one without the change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from whet.diagnosis.case import Case
from whet.diagnosis.probes.ground import TRIAL_S, Ground, attempt, ground, losses_of
from whet.diagnosis.probes.seen import end_of, trained, undivided
from whet.diagnosis.setup import Setup

__all__ = ["Comparison", "Trial", "achieved", "compare", "own_trial", "trial"]


@dataclass(frozen=True, kw_only=True)
class Trial:
    """Where a short training ended."""

    losses: np.ndarray  # (batches,) on the measured batches
    valid: np.ndarray  # (batches,) on batches not trained on, empty without
    steps: int

    @property
    def loss(self) -> float:
        """Mean over the measured batches; infinite where it diverged."""
        return float(self.losses.mean())

    @property
    def score(self) -> float:
        """Mean of the losses on training and on other examples: what trials are chosen by."""
        return 0.5 * (self.loss + float(self.valid.mean())) if len(self.valid) else self.loss


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A trial with a change against the same without it. Gains are shares of the reference loss; bigger is better."""

    gain: float  # over the same short training without the change
    noise: float  # standard error of that, over batches
    whole_gain: float  # over the user's whole training, which has had more steps
    valid_gain: float | None  # on batches not trained on; None without
    before: float  # loss without the change
    after: float  # loss with it
    whole: float  # loss after the whole training
    steps: int
    valid_fall: float | None = None  # share of the loss on batches not trained on that the change takes off

    def is_better(self, least: float) -> bool:
        """Clearly better than the short and than the whole training, and not at the expense of validation."""
        valid = self.valid_gain is None or self.valid_gain > 0.5 * least
        return valid and self.gain > max(least, 3 * self.noise) and self.whole_gain > least


def trial(case: Case, change: Callable[[Setup], Setup], *, steps: int | None = None) -> Trial:
    """Train a copy of the ground with ``change`` made to it; ``change`` may alter the copy it is given."""
    base: Ground = case.ask(ground)
    setup = change(base.setup.copy())
    steps = steps or base.steps
    made = attempt(setup, steps=steps, seconds=3 * max(TRIAL_S, steps * base.step_s))
    return Trial(losses=losses_of(setup, base.measured), valid=losses_of(setup, base.valid), steps=made)


def own_trial(case: Case) -> Trial:
    """With the user's own settings."""
    return trial(case, lambda setup: setup)


def achieved(case: Case) -> float:
    """Loss on training examples after the whole training: watched, or ours; infinite where it diverged."""
    if case.trace is not None:
        return end_of(case.trace.losses()) / undivided(case.trace)
    return float(losses_of(trained(case).setup.copy(), case.ask(ground).measured).mean())


def compare(case: Case, change: Callable[[Setup], Setup]) -> Comparison:
    """Try ``change``."""
    base, own, other = case.ask(ground), case.ask(own_trial), trial(case, change)
    whole = case.ask(achieved)
    cap = 10 * base.reference  # a diverged loss counts as ten times as bad, not as infinitely bad
    before, after = np.minimum(own.losses, cap), np.minimum(other.losses, cap)
    differences = (before - after) / base.reference
    valid = fall = None
    if len(other.valid):
        fall = 1 - float(np.minimum(other.valid, cap).mean() / max(np.minimum(own.valid, cap).mean(), 1e-12))
        valid = float((np.minimum(own.valid, cap) - np.minimum(other.valid, cap)).mean()) / base.reference
    return Comparison(
        gain=float(differences.mean()),
        noise=float(differences.std(ddof=1) / np.sqrt(len(differences))) if len(differences) > 1 else 0.02,
        whole_gain=(min(whole if np.isfinite(whole) else cap, cap) - float(after.mean())) / base.reference,
        valid_gain=valid,
        before=own.loss,
        after=other.loss,
        whole=whole,
        steps=other.steps,
        valid_fall=fall,
    )
