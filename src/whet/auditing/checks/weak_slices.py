"""Groups of examples in which the model errs clearly more often than elsewhere.

Looks at out-of-fold errors of the quick model: a shallow tree over columns and plain properties names groups ("age <=
24 and workclass is 'Private'"), clusters of alike examples are tried as well. Found on one half, measured on the other.
Helps: a group with wrong labels, too few examples or a missing column. Groups near the border of two classes are hard
by nature, and the model's own probabilities say so; only groups that are worse than those lead one to expect are told
(``surprising=False`` tells all). Hurts: some groups that are hard by nature remain; a person has to tell them apart.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from whet.auditing.check import checks
from whet.auditing.inspection import Inspection
from whet.auditing.slices.beyond_expected import beyond_expected
from whet.auditing.slices.group_gap import Gap, group_gap
from whet.auditing.slices.slice_clusters import cluster_members
from whet.auditing.slices.slice_facets import facets_of
from whet.auditing.slices.slice_tree import tree_groups
from whet.auditing.slices.slices_found import Candidate, Found, halves, weak_groups
from whet.auditing.slices.telling_clusters import cluster_name
from whet.data.kinds import Modality
from whet.errors import CannotJudgeError, ConfigError
from whet.evaluation.metric import metrics
from whet.finding import Example, Finding

__all__ = ["WeakSlices"]

MOST_EXAMPLES = 24
MOST_ROWS = 100_000


@dataclass(frozen=True, kw_only=True)
class WeakSlices:
    """Reports at most ``most`` groups that overlap little."""

    gap: float = 0.05  # accuracy below that of the others: less is within what splits and seeds do
    ratio: float = 1.5  # error over that of the others, where the target is a number
    fewest: int = 100  # examples of a group in all; or ``share`` of them where that is more
    share: float = 0.01
    depth: int = 3  # conditions in a description: more cannot be remembered
    clusters: int = 20  # groups of alike examples tried
    alpha: float = 0.01  # chance of any false group; an audit asks many questions
    most: int = 5
    surprising: bool = True  # only groups in which the model errs more than its own probabilities say

    title: str = "groups in which the model is weak"
    effort: int = 2

    def __post_init__(self) -> None:
        if not 0.0 < self.gap < 1.0 or self.ratio <= 1.0 or self.fewest < 20:
            raise ConfigError(
                f"WeakSlices needs gap in (0, 1), ratio above 1 and fewest of at least 20; got gap={self.gap!r}, "
                f"ratio={self.ratio!r}, fewest={self.fewest!r}."
            )

    def check(self, inspection: Inspection) -> Iterable[Finding]:
        """See ``Check.check``."""
        if inspection.target is None:
            return
        if len(inspection.data) < 4 * self.fewest:
            raise CannotJudgeError(
                f"needs {4 * self.fewest} examples to find groups on one half and measure them on the other; "
                f"there are {len(inspection.data)}"
            )
        quick = inspection.quick
        loss = _loss(inspection)
        fewest = max(self.fewest, int(self.share * len(loss))) // 2  # of each half
        finding = halves(quick.clusters, seed=inspection.seed)
        looked_at = beyond_expected(loss, quick.scores, finding) if self.surprising else loss
        least = self.gap if inspection.is_classes else (self.ratio - 1) * float(loss.mean())
        candidates = self._candidates(inspection, (loss, looked_at), finding, fewest)
        found = weak_groups(
            candidates, looked_at, finding, quick.clusters, least=least, fewest=fewest, alpha=self.alpha
        )
        told = 0
        for each in found:
            gap = group_gap(loss[~finding], each.candidate.members[~finding], quick.clusters[~finding])
            if gap.value >= least and gap.low > 0 and told < self.most:
                told += 1
                yield self._told(inspection, each, gap, loss, len(candidates))

    def _candidates(
        self, inspection: Inspection, losses: tuple[np.ndarray, ...], finding: np.ndarray, fewest: int
    ) -> list[Candidate]:
        positions = inspection.quick.positions
        lines = np.flatnonzero(finding)
        facets = facets_of(inspection, positions)
        groups = [g for x in losses for g in tree_groups(facets, x, lines, fewest=fewest, depth=self.depth)]
        found = [Candidate(g.members(), g.__str__) for g in groups]
        if inspection.modality is Modality.TABLE:
            return found
        vectors = inspection.vectors
        both, here, there = np.intersect1d(positions, vectors.positions, return_indices=True)
        inside = np.isin(here, lines).nonzero()[0]
        for members in cluster_members(
            vectors.values[there], inside, fewest=fewest, most=self.clusters, seed=inspection.seed
        ):
            whole = np.zeros(len(positions), dtype=bool)
            whole[here] = members
            found.append(Candidate(whole, lambda m=members: cluster_name(inspection, both, m)))  # type: ignore[misc]
        return found

    def _told(self, inspection: Inspection, found: Found, gap: Gap, loss: np.ndarray, tried: int) -> Finding:
        quick, members = inspection.quick, found.candidate.members
        name = found.candidate.name()
        lines = np.flatnonzero(members)
        worst = lines[np.argsort(-loss[lines], kind="stable")]
        positions = quick.positions[worst]
        return Finding(
            symptom="weak_slices",
            title=self.title,
            severity=self._severity(inspection, found, loss),
            statement=f"Where {name}: {_figures(inspection, gap)}, measured on {gap.num_inside:,} examples that "
            "did not choose the group.",
            evidence={
                "rule": f"worse than all others, the best of {tried} groups, Holm",
                "value": gap.value,
                "threshold": self.gap if inspection.is_classes else self.ratio,
                "low": gap.low,
                "high": gap.high,
                "p": found.gap.p,
                "beyond_expected": found.gap.value,
                "group": name,
            },
            count=len(lines),
            total=len(quick.positions),
            confidence=1 - found.gap.p,
            rows=tuple(inspection.data.rows[positions[:MOST_ROWS]].tolist()),
            examples=_examples(inspection, worst[:MOST_EXAMPLES]),
            cost_unknown="what would mend the group is not known before a person has looked at it",
            advice="Look at its examples: are labels wrong, is something missing that decides, or are they too few? "
            "If they are merely hard, collect more of them or say so to whoever uses the model.",
        )

    def _severity(self, inspection: Inspection, found: Found, loss: np.ndarray) -> float:
        """Moderate only where even the low end of the interval is twice what is asked."""
        size = found.gap.low if inspection.is_classes else self.gap * found.gap.low / float(loss.mean())
        return float(np.clip(0.15 + size / self.gap * 0.075, 0.15, 0.65))


def _loss(inspection: Inspection) -> np.ndarray:
    """(M,) 1.0 where the quick model is wrong; for numbers its absolute error."""
    quick = inspection.quick
    per_example = metrics["accuracy" if inspection.is_classes else "mae"].per_example
    assert per_example is not None
    found = per_example(quick.truth, quick.scores)
    return 1.0 - found if inspection.is_classes else found


def _figures(inspection: Inspection, gap: Gap) -> str:
    if inspection.is_classes:
        return (
            f"accuracy is {1 - gap.inside:.3f} against {1 - gap.outside:.3f} elsewhere, "
            f"{100 * gap.value:.1f} points less ({100 * gap.low:.1f} to {100 * gap.high:.1f})"
        )
    return (
        f"the mean error is {gap.inside:.4g} against {gap.outside:.4g} elsewhere, "
        f"{gap.value:.4g} more ({gap.low:.4g} to {gap.high:.4g})"
    )


def _examples(inspection: Inspection, lines: np.ndarray) -> tuple[Example, ...]:
    quick = inspection.quick
    positions = quick.positions[lines]
    rows = inspection.data.rows[positions].tolist()
    assert inspection.target is not None
    told = inspection.target.decode(quick.scores[lines])
    assert inspection.data.target is not None
    return tuple(
        Example(where=where, row=row, what=f"is {truth!s}, the model said {said!s}")
        for where, row, truth, said in zip(
            inspection.train.where(positions), rows, inspection.data.target[positions], told, strict=True
        )
    )


checks.register("weak_slices")(WeakSlices())
