"""Persons, speakers, devices or shops on both sides of a split: the model recognises them, and the score is too good.

Groups that nobody declared are looked for in columns and file names (``group_candidates``); one is told when its
members are alike beyond what the label explains *and* the score on unseen groups is clearly lower. A declared group is
taken at its word: the test part must not share its values.
Source: Kapoor & Narayanan, "Leakage and the reproducibility crisis", Patterns 2023 (type L3.3, dependence between
    training and test); on persons: Little et al., "Using and understanding cross-validation strategies", GigaScience
    2017.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from whet.auditing.check import checks
from whet.auditing.inspection import Inspection
from whet.auditing.leaks.group_candidates import GroupCandidate, group_candidates, group_values
from whet.auditing.leaks.group_likeness import Likeness, likeness
from whet.auditing.leaks.group_scores import GroupScores, group_scores
from whet.data.kinds import Modality
from whet.errors import CannotJudgeError, TrainingFailedError
from whet.finding import Example, Finding

__all__ = ["GroupLeak"]

MOST_ROWS, MOST_EXAMPLES = 100_000, 24


@dataclass(frozen=True, kw_only=True)
class GroupLeak:
    """Looks for groups that nobody declared, and at test parts that share declared ones."""

    lift: float = 0.1  # by how much neighbours share the group beyond chance: 0 as by chance, 1 always
    z: float = 6.0  # standard deviations from chance; several candidates are tried
    least_flattery: float = 0.02  # fraction of the metric, or of the error where it is in the target's units
    alike: float = 0.6  # lift from which a group is told even when no lower score can be measured
    most: int = 2  # candidates whose score is measured, the most alike first
    fewest: int = 50  # examples

    title: str = "groups on both sides of a split"
    effort: int = 2

    def check(self, inspection: Inspection) -> Iterable[Finding]:
        """See ``Check.check``."""
        if inspection.data.schema.group is not None:
            yield from self._declared(inspection)
            return
        if inspection.target is None or len(inspection.data) < self.fewest:
            return
        found = [(likeness(inspection, c), c) for c in group_candidates(inspection)]
        alike = sorted((p for p in found if p[0].lift >= self.lift and p[0].z >= self.z), key=lambda p: -p[0].lift)
        for like, candidate in _without_doubles(alike)[: self.most]:
            yield from self._judge(inspection, candidate, like)

    def _judge(self, inspection: Inspection, candidate: GroupCandidate, like: Likeness) -> Iterable[Finding]:
        scores, unknown = _scores(inspection, candidate)
        is_flattered = scores is not None and self._is_clear(inspection, scores)
        is_alike = like.lift >= self.alike and inspection.modality is not Modality.TABLE
        if not is_flattered and not is_alike:
            return
        shared = _shared(inspection, candidate)
        is_apart = inspection.test is not None and shared is not None and not shared.any()
        severity = (0.45 if is_apart else 0.85) if is_flattered else 0.35
        told = "" if scores is None else _told(scores)
        yield Finding(
            symptom="group_leak",
            title=self.title,
            severity=severity,
            statement=f"{candidate.name[0].upper()}{candidate.name[1:]} names {candidate.num_groups:,} groups "
            f"({_names(candidate)}) whose members are alike beyond their labels.{told}{_overlap(shared)}",
            evidence={"rule": "neighbours share the group", "value": like.lift, "threshold": self.lift, "z": like.z},
            column=candidate.column,
            count=len(inspection.data) if shared is None else int(shared.sum()),
            total=len(inspection.data) if shared is None else len(shared),
            confidence=0.95 if is_flattered else 0.7,
            part="train" if shared is None else "test",
            rows=_rows(inspection, shared),
            examples=_members(inspection, candidate),
            cost=None if scores is None else scores.flattery,
            cost_unknown=unknown,
            remedy="once declared, keeps every group on one side of each split",
            advice=f"Will the model meet new groups? Then declare them{_how(candidate)} and quote the score by group.",
        )

    def _is_clear(self, inspection: Inspection, scores: GroupScores) -> bool:
        in_target = inspection.metric.unit == "target"
        least = self.least_flattery * (abs(scores.mixed.value) if in_target else 1.0)
        return scores.flattery.low > 0 and scores.flattery.value >= least

    def _declared(self, inspection: Inspection) -> Iterable[Finding]:
        test = inspection.test
        if test is None or test.data.groups is None or inspection.data.groups is None:
            return
        known = {str(g) for g in inspection.data.groups.tolist() if g is not None}
        shared = np.array([g is not None and str(g) in known for g in test.data.groups.tolist()], dtype=bool)
        if not shared.any():
            return
        name, values = str(inspection.data.schema.group), test.data.groups[shared].astype(str)
        yield Finding(
            symptom="group_leak",
            title=self.title,
            severity=0.9,
            statement=f"{int(shared.sum()):,} of {len(shared):,} test examples belong to one of "
            f"{len(np.unique(values)):,} values of the group column {name!r} that training has too.",
            evidence={"rule": "shared groups", "value": float(shared.mean()), "threshold": 0.0},
            part="test",
            column=name,
            count=int(shared.sum()),
            total=len(shared),
            confidence=1.0,
            rows=_rows(inspection, shared),
            cost_unknown="the groups were declared, so the score by group is the one to quote",
            remedy="leaves the training examples of these groups out of training",
            advice="Move every group to one side.",
        )


def _without_doubles(alike: list[tuple[Likeness, GroupCandidate]]) -> list[tuple[Likeness, GroupCandidate]]:
    """A column and a part of the file name that say the same are one."""
    kept: list[tuple[Likeness, GroupCandidate]] = []
    for like, candidate in sorted(alike, key=lambda p: (-round(p[0].lift, 2), not p[1].column)):
        if not any(np.array_equal(candidate.codes, other.codes) for _, other in kept):
            kept.append((like, candidate))
    return kept


def _scores(inspection: Inspection, candidate: GroupCandidate) -> tuple[GroupScores | None, str]:
    try:
        return group_scores(inspection, candidate.codes), ""
    except (CannotJudgeError, TrainingFailedError) as reason:
        return None, str(reason)


def _shared(inspection: Inspection, candidate: GroupCandidate) -> np.ndarray | None:
    """(M,) bool: whether training has the group of each test example; None without a test part that names it."""
    values = None if inspection.test is None else group_values(inspection.test, candidate)
    if values is None:
        return None
    known = np.isin(values.astype(str), np.unique(candidate.values.astype(str)))
    return np.asarray(known & (values != ""))


def _rows(inspection: Inspection, shared: np.ndarray | None) -> tuple[int, ...]:
    if shared is None or inspection.test is None:
        return tuple(inspection.data.rows[:MOST_ROWS].tolist())
    return tuple(inspection.test.data.rows[shared][:MOST_ROWS].tolist())


def _members(inspection: Inspection, candidate: GroupCandidate) -> tuple[Example, ...]:
    """Three of each of the largest groups."""
    largest = np.argsort(-np.bincount(candidate.codes), kind="stable")[: MOST_EXAMPLES // 3]
    picked = np.concatenate([np.flatnonzero(candidate.codes == code)[:3] for code in largest.tolist()])
    return tuple(
        Example(where=where, what=f"group {candidate.values[p]!r}", row=int(inspection.data.rows[p]))
        for where, p in zip(inspection.train.where(picked), picked.tolist(), strict=True)
    )


def _names(candidate: GroupCandidate) -> str:
    names = [str(v) for v in dict.fromkeys(candidate.values[:1000].tolist()) if v][:4]
    return ", ".join(names) + (", ..." if candidate.num_groups > len(names) else "")


def _told(scores: GroupScores) -> str:
    return (
        f" {scores.title.capitalize()} score {scores.mixed.value:.4g} with groups mixed and {scores.apart.value:.4g} "
        f"({scores.apart.low:.4g} to {scores.apart.high:.4g}) on groups never seen."
    )


def _overlap(shared: np.ndarray | None) -> str:
    if shared is None:
        return ""
    return f" {int(shared.sum()):,} of {len(shared):,} test examples are of groups that training has too."


def _how(candidate: GroupCandidate) -> str:
    return f" (--group {candidate.column})" if candidate.column else " (write that part into a column, then --group)"


checks.register("group_leak")(GroupLeak())
