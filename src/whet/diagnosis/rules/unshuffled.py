"""Unshuffled: every epoch reads the examples in the same order, and neighbours have alike targets.

The network then learns one part of the task, forgets it for the next, and normalisation layers see batches that are not
like the data. The same order is harmless where the examples were well mixed once, and then nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from whet.diagnosis.case import Case
from whet.diagnosis.probes.goal import goal
from whet.diagnosis.probes.order import Order, order
from whet.diagnosis.rule import Stage, rules
from whet.finding import Finding, Line, Plot

__all__ = ["Unshuffled"]


@dataclass(frozen=True, kw_only=True)
class Unshuffled:
    """The same order in two readings, and blocks that differ from random ones."""

    unlikely: float = 7.0  # standard deviations from random orders; 5 is one in a million, but blocks are skewed
    alike: float = 0.1  # share of the spread that is between blocks, from which it is moderate
    sorted: float = 0.4  # and from which it is severe, for classes
    sorted_numbers: float = 0.8  # the same for numbers: slow drifts in time are ordinary and do less harm
    title: ClassVar[str] = "training examples are not shuffled"
    stage: ClassVar[Stage] = "before"
    explains: ClassVar[frozenset[str]] = frozenset(
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

    def check(self, case: Case) -> Iterable[Finding]:
        """One finding."""
        if case.setup is None:
            return
        seen = case.ask(order)
        if not seen.is_repeated or seen.z < self.unlikely or seen.alike < self.alike:
            return
        severe = self.sorted_numbers if case.ask(goal).kind == "numbers" else self.sorted
        yield Finding(
            symptom="unshuffled",
            severity=0.9 if seen.alike >= severe else 0.5,
            confidence=0.95,
            title=self.title,
            statement=f"Two readings of the training loader give the same order, and {seen.alike:.0%} of the spread of "
            f"the targets lies between batches (well mixed: 0 %; {seen.z:.0f} standard deviations away).",
            evidence={"rule": "D19", "value": seen.alike, "threshold": self.alike, "z": seen.z},
            where="training loader",
            cures=("shuffle",),
            advice="DataLoader(train_dataset, ..., shuffle=True); for an IterableDataset, shuffle in a buffer or mix "
            "the files once.",
            source="Bengio, Practical Recommendations for Gradient-Based Training, 2012, section 2.1",
            plot=_plot(seen),
        )


def _plot(seen: Order) -> Plot:
    line = Line(name="mean target", x=tuple(float(i) for i in range(len(seen.by_block))), y=seen.by_block)
    return Plot(title="Targets in the order of training", x="batch", y="mean target (class number)", lines=(line,))


rules.register("unshuffled")(Unshuffled())
