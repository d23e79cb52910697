"""Unshuffled: every epoch reads the examples in the same order, and neighbours have alike targets.

The network then learns one part of the task, forgets it for the next, and normalisation layers see batches that are not
like the data. The same order is harmless where the examples were well mixed once, and then nothing is said. Numbers
that drift, as those of a series read in time, often do no harm either: they are told as slight unless a short training
on the same examples in random order does better.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from whet.diagnosis.case import Case
from whet.diagnosis.probes.batches import batches
from whet.diagnosis.probes.goal import goal
from whet.diagnosis.probes.ground import TRIAL_S, Ground, attempt, ground, losses_of
from whet.diagnosis.probes.order import Order, order
from whet.diagnosis.probes.rows import num_rows, regroup
from whet.diagnosis.rule import Stage, rules
from whet.diagnosis.symptoms import COURSE, RATES, RESULT
from whet.errors import CannotJudgeError
from whet.finding import Finding, Line, Plot
from whet.rng import make_numpy_generator

__all__ = ["Unshuffled"]

PASSES = 4  # over the examples of the trial, at least, so that the order can show
SLIGHT, FELT, SPOILT = 0.25, 0.5, 0.9  # severities


@dataclass(frozen=True, kw_only=True)
class Unshuffled:
    """The same order in two readings, and blocks that differ from random ones."""

    unlikely: float = 7.0  # standard deviations from random orders; 5 is one in a million, but blocks are skewed
    alike: float = 0.1  # share of the spread that is between blocks, from which it is moderate
    sorted: float = 0.4  # and from which it is severe, for classes
    worse: float = (
        0.1  # share by which the loss ends higher than in random order, from which it is moderate, for numbers
    )
    much_worse: float = 0.3  # and from which it is severe
    title: ClassVar[str] = "training examples are not shuffled"
    stage: ClassVar[Stage] = "before"
    explains: ClassVar[frozenset[str]] = (
        RATES
        | COURSE
        | RESULT
        | frozenset(
            {
                "oscillation",
                "normalisation_gap",
                "flat_loss",
                "underfitting",
                "below_baseline",
                "confused_classes",
                "imbalance",
                "overfitting",
                "split_mismatch",
                "learning_rate_too_high",
                "exploding",
                "weak_slice",
                "overconfidence",
            }
        )
    )

    def check(self, case: Case) -> Iterable[Finding]:
        """One finding."""
        if case.setup is None:
            return
        seen = case.ask(order)
        if not seen.is_repeated or seen.z < self.unlikely or seen.alike < self.alike:
            return
        severity, told, harm = self._severity(case, seen)
        yield Finding(
            symptom="unshuffled",
            severity=severity,
            confidence=0.95,
            title=self.title,
            statement=f"Two readings of the training loader give the same order, and {seen.alike:.0%} of the spread of "
            f"the targets lies between batches (well mixed: 0 %; {seen.z:.0f} standard deviations away).{told}",
            evidence={"rule": "D19", "value": seen.alike, "threshold": self.alike, "z": seen.z} | harm,
            where="training loader",
            cures=("shuffle",),
            advice="DataLoader(train_dataset, ..., shuffle=True); for an IterableDataset, shuffle in a buffer or mix "
            "the files once.",
            source="Bengio, Practical Recommendations for Gradient-Based Training, 2012, section 2.1",
            plot=_plot(seen),
        )

    def _severity(self, case: Case, seen: Order) -> tuple[float, str, dict[str, float]]:
        """With what is said of it, and the evidence."""
        if case.ask(goal).kind != "numbers":
            return SPOILT if seen.alike >= self.sorted else FELT, "", {}
        harm = _harm(case)
        if harm is None or harm < self.worse:
            return SLIGHT, "" if harm is None else " A short training in random order is no better.", {}
        told = f" A short training in random order ends with a loss {harm:.0%} lower."
        return SPOILT if harm >= self.much_worse else FELT, told, {"harm": harm}


def _harm(case: Case) -> float | None:
    """Share by which a short training in the user's order ends higher than one in random order; 0 within noise.

    None where it cannot be tried. Both see the same examples as often, begin alike, and are measured on validation
    batches; without those on the examples themselves.
    """
    try:
        base = case.ask(ground)
        given = case.ask(batches).first
        chosen = given[:: max(1, -(-PASSES * len(given) // base.steps))]  # few enough for so many passes
        count = sum(map(num_rows, chosen))
        mixed = make_numpy_generator(case.seed, "mixed").permutation(count)
        size = max(1, count // len(chosen))
        shuffled = regroup(chosen, mixed, size)
        there = base.valid if case.ask(batches).valid else tuple(shuffled)
        own = _ends(base, regroup(chosen, np.arange(count), size), there)
        other = _ends(base, shuffled, there)
    except CannotJudgeError:
        return None
    if not np.isfinite(other).all():
        return None
    own = np.minimum(own, 10 * base.reference)
    gain = own - other
    noise = float(gain.std(ddof=1) / np.sqrt(len(gain))) if len(gain) > 1 else 0.05 * float(own.mean())
    lead = float(gain.mean())
    return lead / max(float(own.mean()), 1e-12) if lead > 3 * noise else 0.0


def _ends(base: Ground, given: list[Any], there: tuple[Any, ...]) -> np.ndarray:
    setup = replace(base.setup.copy(), train=given)
    attempt(setup, steps=base.steps, seconds=3 * max(TRIAL_S, base.steps * base.step_s))
    return losses_of(setup, there)


def _plot(seen: Order) -> Plot:
    line = Line(name="mean target", x=tuple(float(i) for i in range(len(seen.by_block))), y=seen.by_block)
    return Plot(title="Targets in the order of training", x="batch", y="mean target (class number)", lines=(line,))


rules.register("unshuffled")(Unshuffled())
