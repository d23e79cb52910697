"""Weak slice: the model errs clearly more often in one group of examples than elsewhere.

Groups are the true classes, the predicted classes and, where inputs are at hand, clusters of alike inputs. A class may
be hard by nature, which is why only a large gap counts for it; in the other groups mistakes count beyond what the
model's own (tempered) probabilities lead one to expect. Corrected for the number of groups. Never severe.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from whet.diagnosis.case import Case
from whet.diagnosis.outcome import Outcome
from whet.diagnosis.probes.chosen_draws import draws_on_purpose
from whet.diagnosis.probes.groups import Group, input_groups
from whet.diagnosis.rule import Stage, rules
from whet.errors import CannotJudgeError
from whet.evaluation.calibration import apply_temperature, fit_temperature
from whet.evaluation.multiplicity import holm
from whet.finding import Finding, Line, Plot

__all__ = ["WeakSlice"]


@dataclass(frozen=True, kw_only=True)
class WeakSlice:
    """Tells the weakest group only; the others are in the plot."""

    gap: float = 0.05  # share of mistakes beyond those elsewhere, at the low end of its interval
    class_gap: float = 0.2  # the same for true classes
    fewest: int = 50  # examples of the group, and outside it
    alpha: float = 0.05  # chance of any false group
    right: float = 0.6  # accuracy below which the model has other worries

    title: str = "a group in which the model is weak"
    stage: Stage = "after"
    explains: frozenset[str] = frozenset()

    def check(self, case: Case) -> Iterable[Finding]:
        """See ``Rule.check``."""
        outcome = case.outcome
        if outcome is None or outcome.kind != "classes" or not outcome.is_final:
            return
        predicted = outcome.scores.argmax(axis=1)
        wrong = (predicted != outcome.truth).astype(np.float64)
        if len(wrong) < 2 * self.fewest or wrong.mean() > 1 - self.right:
            return
        softened = apply_temperature(outcome.scores, fit_temperature(outcome.scores, outcome.truth))
        beyond = wrong - (1 - softened.max(axis=1))
        groups = [g for g in self._groups(case, outcome, predicted) if self._is_large(g)]
        if not groups:
            return
        gaps = [_gap(wrong if g.is_truth else beyond, g.members) for g in groups]
        p = holm(np.array([norm.sf(value / max(error, 1e-9)) for value, error in gaps]))
        found = [
            (value, i)
            for i, (value, error) in enumerate(gaps)
            if p[i] < self.alpha and value - 1.96 * error > (self.class_gap if groups[i].is_truth else self.gap)
        ]
        if found:
            value, i = max(found)
            yield self._told(groups, i, wrong, value, gaps[i][1], float(p[i]))

    def _groups(self, case: Case, outcome: Outcome, predicted: np.ndarray) -> Iterable[Group]:
        names = [outcome.labels[c] if c < len(outcome.labels) else str(c) for c in range(outcome.scores.shape[1])]
        for code in np.unique(outcome.truth).tolist():
            yield Group(name=f"examples of class {names[code]!r}", members=outcome.truth == code, is_truth=True)
        # a loader that draws a class more often on purpose has it predicted more often: mistakes of it are the price
        is_meant = case.setup is not None and draws_on_purpose(case.setup.train)
        for code in () if is_meant else np.unique(predicted).tolist():
            yield Group(name=f"predictions of class {names[code]!r}", members=predicted == code)
        try:
            clusters = case.ask(input_groups) if case.setup is not None else ()
        except CannotJudgeError:
            return
        yield from (g for g in clusters if len(g.members) == len(predicted))

    def _is_large(self, group: Group) -> bool:
        return self.fewest <= int(group.members.sum()) <= len(group.members) - self.fewest

    def _told(
        self, groups: list[Group], chosen: int, wrong: np.ndarray, value: float, error: float, p: float
    ) -> Finding:
        group, members = groups[chosen], groups[chosen].members
        inside, outside = float(wrong[members].mean()), float(wrong[~members].mean())
        shown = sorted(groups, key=lambda g: -float(wrong[g.members].mean()))[:12]
        return Finding(
            symptom="weak_slice",
            title=self.title,
            severity=float(min(0.4, 0.2 + max(0.0, value - 1.96 * error) / 2)),
            confidence=0.7,
            statement=f"Of {int(members.sum()):,} {group.name}, {100 * inside:.1f} % are wrong, against "
            f"{100 * outside:.1f} % elsewhere.",
            evidence={
                "rule": "D26",
                "value": value,
                "threshold": self.class_gap if group.is_truth else self.gap,
                "low": value - 1.96 * error,
                "p": p,
                "groups": len(groups),
            },
            count=int(members.sum()),
            total=len(members),
            where=group.name,
            advice="Look at examples of the group: are labels wrong, is something missing that decides, or are they "
            "too few? If they are merely hard, collect more of them or say so to whoever uses the model.",
            source="Chung et al., Slice Finder, ICDE 2019, arXiv 1807.06068",
            plot=Plot(
                title="share of mistakes by group",
                x="group",
                y="share wrong",
                lines=(
                    Line(
                        name="wrong",
                        x=tuple(g.name for g in shown),
                        y=tuple(float(wrong[g.members].mean()) for g in shown),
                    ),
                ),
                threshold=float(wrong.mean()),
            ),
        )


def _gap(values: np.ndarray, members: np.ndarray) -> tuple[float, float]:
    """Mean inside minus mean outside, and its standard error."""
    inside, outside = values[members], values[~members]
    error = np.sqrt(inside.var(ddof=1) / len(inside) + outside.var(ddof=1) / len(outside))
    # a group without any mistake, or with nothing else, has a variance of 0 by luck
    return float(inside.mean() - outside.mean()), float(max(error, 1 / len(inside)))


rules.register("weak_slice")(WeakSlice())
