"""Shortcut: nearly all that the model knows comes from one column, or from one small region of the picture.

That may be as it should be (one column can decide), so it is told, and never severe: look whether that part will be
there, and mean the same, when the model is used. A region of the picture that decides (a corner, a band, the border)
is more often a mark than a motif, where the rest of the pictures differs too and tells nothing. It is severe where
training pictures have the mark and validation pictures do not: what was learnt is then of no use.
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
from whet.diagnosis.picture_shortcut import in_both_parts, in_training_only
from whet.diagnosis.probes.permuted import Permuted, permuted
from whet.diagnosis.probes.picture_regions import PictureRegions, picture_regions, reliance, sees_pictures, skill_of
from whet.diagnosis.probes.single_columns import single_columns
from whet.diagnosis.rule import Stage, rules
from whet.diagnosis.symptoms import RESULT
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

    kept: float = 0.7  # of the skill on pictures, that the region alone keeps
    content: float = 0.1  # of what differs between pictures that lies elsewhere: else the region is all there is to see
    blind: float = 0.04  # of the skill, that all the rest of the picture is without
    gap: float = 0.2  # of the skill on training pictures, that is missing on validation pictures
    marked: float = 0.8  # skill of a region alone on training pictures, from which it may be a mark
    apart: float = 0.4  # and by so much it must tell less on validation pictures
    alike: float = 0.2  # by no more may the rest of the pictures: else the parts differ as a whole
    heeded: float = 0.2  # of the skill on training pictures, that goes with the mark

    title: str = "a shortcut"
    stage: Stage = "after"
    explains: frozenset[str] = RESULT | frozenset(
        {"overfitting", "split_mismatch", "label_noise", "seed_variance", "more_data"}
    )

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
        if case.ask(sees_pictures):
            yield from self._in_pictures(case)
            return
        seen = case.ask(permuted)
        lead, error = lead_of(seen.trivial, seen.errors)
        if lead - 3 * error <= 0 or lead < self.skill * seen.trivial.mean():
            return
        lost = [skill_lost(errors, seen.errors, seen.trivial) for errors in seen.without]
        worst = int(np.argmax(lost))
        value = lead_of(seen.without[worst], seen.errors)[0] / lead
        if lost[worst] > self.sure and value > self.part:
            yield self._told(seen, lost, worst, value)

    def _in_pictures(self, case: Case) -> Iterable[Finding]:
        """The smallest region that carries it all, or a mark that training pictures have and validation ones lack."""
        seen = case.ask(picture_regions)
        learnt, known = skill_of(seen.train), skill_of(seen.valid)
        if learnt >= self.skill and learnt - known >= self.gap * learnt:
            yield from self._of_training(seen, learnt, known)
        elif known >= self.skill:
            yield from self._of_both(seen, known)

    def _of_training(self, seen: PictureRegions, learnt: float, known: float) -> Iterable[Finding]:
        """The region tells the label of training pictures only, the rest of them both alike; and the model heeds it."""
        for told in seen.tellings:
            if told.train < self.marked or told.train - told.valid < self.apart:
                continue
            train, valid = seen.forest.skills(~told.region.mask)
            if train - valid > self.alike:
                continue  # the mark is larger, or the parts differ as a whole
            use = reliance(seen.train, told.region)
            if use.lost_low >= self.heeded:
                yield in_training_only(seen, told, use, (learnt, known), self.apart)
                return

    def _of_both(self, seen: PictureRegions, known: float) -> Iterable[Finding]:
        for told in seen.tellings:
            is_all_there_is = seen.valid.outside(told.region.mask) < self.content
            if told.valid < min(self.part * known, self.telling) or is_all_there_is:
                continue
            rest = seen.forest.skills(~told.region.mask)[1]
            if max(self.fewer * (1 - told.valid), self.blind) > 1 - rest:
                continue  # elsewhere is as much to see
            use = reliance(seen.valid, told.region)
            carries = use.lost_low > self.sure and use.lost > self.part and use.kept > self.kept
            if carries or told.valid >= self.telling:
                yield in_both_parts(seen, told, use, rest, self.telling)
                return

    def _told(self, seen: Permuted, lost: list[float], worst: int, value: float) -> Finding:
        order = np.argsort(-np.array(lost), kind="stable")[:SHOWN]
        return Finding(
            symptom="shortcut",
            title=self.title,
            severity=0.2,
            confidence=0.5,
            statement=f"Without {seen.names[worst]} {100 * min(1.0, value):.0f} % of the model's skill "
            f"on {len(seen.errors):,} validation examples is gone.",
            evidence={"rule": "D32", "value": value, "threshold": self.part, "low": lost[worst]},
            where=seen.names[worst],
            advice="Ask whether that part is known, and means the same, when the model is used; if not, leave it out "
            "of the inputs.",
            source="Geirhos et al., Shortcut Learning in Deep Neural Networks, 2020, arXiv 2004.07780",
            plot=Plot(
                title="skill lost without a column",
                x="column",
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
