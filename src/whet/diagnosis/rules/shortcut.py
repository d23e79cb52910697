"""Shortcut: nearly all that the model knows comes from one column, or from one small field of the picture.

That may be as it should be (one column can decide), so it is told, and never severe: look whether that part will be
there, and mean the same, when the model is used. A field of the picture that decides is more often a mark than a motif.
A column that alone tells the target all but perfectly, with a third of the errors of the next best, is mostly filled in
after the fact or made from the target.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from whet.diagnosis.case import Case
from whet.diagnosis.ending import has_ended
from whet.diagnosis.margins import lead_of, skill_lost
from whet.diagnosis.probes.permuted import Permuted, permuted
from whet.diagnosis.probes.single_columns import single_columns
from whet.diagnosis.rule import Stage, rules
from whet.errors import CannotJudgeError
from whet.finding import Finding, Line, Plot

__all__ = ["Shortcut"]

SHOWN = 12


@dataclass(frozen=True, kw_only=True)
class Shortcut:
    """The part whose permutation costs most."""

    part: float = 0.8  # of the skill
    sure: float = 0.65  # the low end of the interval of that share stays above it
    skill: float = 0.3  # of the model over a constant answer: less is not worth asking where it comes from

    telling: float = 0.98  # skill of a column alone from which it gives the target away
    fewer: float = 3.0  # times fewer errors than the next best column alone

    title: str = "a shortcut"
    stage: Stage = "after"
    explains: frozenset[str] = frozenset()

    def check(self, case: Case) -> Iterable[Finding]:
        """See ``Rule.check``."""
        if case.setup is None or case.outcome is None:
            return
        given_away = list(self._given_away(case))
        yield from given_away or self._relied_on(case)

    def _given_away(self, case: Case) -> Iterable[Finding]:
        try:
            seen = case.ask(single_columns)
        except CannotJudgeError:
            return
        order = np.argsort(-np.array(seen.skills), kind="stable")
        best = seen.skills[order[0]]
        second = seen.skills[order[1]] if len(order) > 1 else 0.0
        if len(order) < 2 or best < self.telling or (1 - best) * self.fewer > 1 - second:
            return
        yield Finding(
            symptom="shortcut",
            title="a column that gives the target away",
            severity=0.55,
            confidence=0.7,
            statement=f"Column {order[0]} alone tells the target of {seen.num:,} validation examples with a skill of "
            f"{best:.3f} (1 is perfect); the next best column has {second:.3f}.",
            evidence={"rule": "D32", "value": best, "threshold": self.telling, "next": second},
            where=f"column {order[0]}",
            cures=("leave_out_column",),
            advice=f"Find out how column {order[0]} comes about: is it known before the target is? If not, leave it "
            "out of the inputs; it will be missing, or wrong, when it counts.",
            source="Kapoor and Narayanan, Leakage and the reproducibility crisis, Patterns 2023",
        )

    def _relied_on(self, case: Case) -> Iterable[Finding]:
        if not has_ended(case):
            return
        if case.trace is not None and case.setup is not None and case.setup.optimizer_is_ours:
            raise CannotJudgeError(
                "the watched training had several optimisers: a copy cannot be trained in the same way"
            )
        seen = case.ask(permuted)
        lead, error = lead_of(seen.trivial, seen.errors)
        if lead - 3 * error <= 0 or lead < self.skill * seen.trivial.mean():
            return
        lost = [skill_lost(errors, seen.errors, seen.trivial) for errors in seen.without]
        worst = int(np.argmax(lost))
        value = lead_of(seen.without[worst], seen.errors)[0] / lead
        if lost[worst] > self.sure and value > self.part:
            yield self._told(seen, lost, worst, value)

    def _told(self, seen: Permuted, lost: list[float], worst: int, value: float) -> Finding:
        is_table = seen.names[worst].startswith("column ")
        order = np.argsort(-np.array(lost), kind="stable")[:SHOWN]
        return Finding(
            symptom="shortcut",
            title=self.title,
            severity=0.2 if is_table else 0.5,
            confidence=0.5 if is_table else 0.7,
            statement=f"Without {seen.names[worst]} {100 * min(1.0, value):.0f} % of the model's skill "
            f"on {len(seen.errors):,} validation examples is gone.",
            evidence={"rule": "D32", "value": value, "threshold": self.part, "low": lost[worst]},
            where=seen.names[worst],
            advice="Ask whether that part is known, and means the same, when the model is used; if not, leave it out "
            "of the inputs, or cut it away or vary it at random while training.",
            source="Geirhos et al., Shortcut Learning in Deep Neural Networks, 2020, arXiv 2004.07780",
            plot=Plot(
                title="skill lost without a part of the input",
                x="part",
                y="share of the skill, at least",
                lines=(
                    Line(
                        name="lost",
                        x=tuple(seen.names[i] for i in order),
                        y=tuple(float(lost[i]) for i in order),
                    ),
                ),
                threshold=self.part,
            ),
        )


rules.register("shortcut")(Shortcut())
