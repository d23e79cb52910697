"""Columns that give the target away: filled in after the fact, derived from it, or naming it in words.

Each column is tried alone, on examples it was not fitted to. Giving it away needs a skill of 0.98 *and* a third of the
errors of the next best column, so that a set that is easy for several columns (iris, separated blobs) stays silent; a
column that is merely far above all others is told as a question. Only somebody who knows where a column comes from can
decide, so no column is ever dropped unasked.
Source: Kapoor & Narayanan, "Leakage and the reproducibility crisis", Patterns 2023 (type L2, illegitimate features).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from whet.auditing.check import checks
from whet.auditing.columns.label_words import label_word_shares
from whet.auditing.columns.single_column import ColumnSkill, table_skills
from whet.auditing.columns.without_column import column_flattery
from whet.auditing.inspection import Inspection
from whet.data.columns import TextColumn
from whet.data.kinds import Kind
from whet.errors import CannotJudgeError, TrainingFailedError
from whet.finding import Cost, Edit, Finding

__all__ = ["TargetLeak"]


@dataclass(frozen=True, kw_only=True)
class TargetLeak:
    """Tries every column alone."""

    certain: float = 0.98  # skill from which a column gives the target away; honest ones stay below (odor: 0.97)
    fewer_errors: float = 3.0  # times fewer errors than the next best column
    suspicious: float = 0.85  # skill from which a column is asked about, when no other has half of it
    missing: float = 0.6  # skill of a column's gaps alone
    spelt: float = 0.95  # share of texts that hold their own label in words
    fewest: int = 50  # examples; below it a skill is noise
    most: int = 20_000  # examples looked at

    title: str = "columns that give the target away"
    effort: int = 2

    def check(self, inspection: Inspection) -> Iterable[Finding]:
        """See ``Check.check``."""
        if inspection.target is None or len(np.unique(inspection.truth[:100_000])) < 2:
            return
        if len(inspection.data) < self.fewest:
            raise CannotJudgeError(f"needs {self.fewest} examples; there are {len(inspection.data)}")
        positions = inspection.sample(self.most, "target leak")
        some, truth = inspection.data.take(positions), inspection.truth[positions]
        yield from self._spelt(inspection, positions)
        skills = table_skills(some.columns, truth, is_classes=inspection.is_classes, seed=inspection.seed)
        for name, skill in skills.items():
            others = max((s.value for n, s in skills.items() if n != name and s.value < self.certain), default=0.0)
            sure = sum(max(s.value, s.missing) >= self.certain for s in skills.values())
            severity, what = self._judge(skill, others, sure, len(skills))
            if severity:
                yield self._finding(inspection, name, len(positions), severity, what, max(skill.value, skill.missing))

    def _judge(self, skill: ColumnSkill, others: float, num_sure: int, num: int) -> tuple[float, str]:
        is_few = 3 * num_sure <= max(num, 3) and num > 1  # many such columns: the question is easy
        best = max(skill.value, skill.missing)
        by_gaps = " by whether a value is there" if skill.missing >= 0.9 * skill.value else ""
        alone = (
            f"alone tells the target{by_gaps} with a skill of {best:.3f} out of 1; the best of the others {others:.3f}"
        )
        if best >= self.certain and is_few and (1 - best) * self.fewer_errors <= 1 - others:
            return 0.9, alone
        if skill.missing >= self.missing and is_few and skill.missing >= 2 * others:
            return 0.6, alone
        if self.suspicious <= best and is_few and others <= 0.5 * best and num >= 4:
            return 0.45, alone
        return 0.0, ""

    def _spelt(self, inspection: Inspection, positions: np.ndarray) -> Iterable[Finding]:
        if not inspection.is_classes:
            return
        labels = getattr(inspection.target, "labels", ())
        for name in inspection.columns(Kind.TEXT):
            column = inspection.data.columns[name].take(positions[:5_000])
            assert isinstance(column, TextColumn)
            codes = inspection.truth[positions[:5_000]]
            own, other = label_word_shares(column.texts(), codes, labels)
            if own >= self.spelt and other <= 0.5:
                what = f"holds its own label in words in {own:.1%} of the texts, another label in {other:.1%}"
                yield self._finding(inspection, name, len(codes), 0.9, what, own)

    def _finding(
        self, inspection: Inspection, name: str, total: int, severity: float, what: str, value: float
    ) -> Finding:
        cost, unknown = _cost(inspection, name)
        return Finding(
            symptom="target_leak",
            title=self.title,
            severity=severity,
            statement=f"Column {name!r} {what}.",
            evidence={"rule": "single-column skill", "value": value, "threshold": self.certain},
            column=name,
            count=total,
            total=total,
            confidence=0.95 if severity > 0.8 else 0.5,
            cost=cost,
            cost_unknown=unknown,
            remedy=f"trains without column {name!r}",
            advice=f"Is {name!r} known before the target is? If not, leave it out: it will be missing when it counts.",
            mend={"left_out": True},
            edits=(Edit(action="drop_column", column=name),),
        )


def _cost(inspection: Inspection, name: str) -> tuple[Cost | None, str]:
    try:
        return column_flattery(inspection, name), ""
    except (CannotJudgeError, TrainingFailedError) as reason:
        return None, str(reason)


checks.register("target_leak")(TargetLeak())
