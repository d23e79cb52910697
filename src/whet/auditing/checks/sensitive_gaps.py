"""Groups of people, named by a column, that the model serves worse, chooses less often or hardly knows.

For each column named with --sensitive: size, score, selection rate, true and false positive rate of each group on
out-of-fold predictions of the quick model; each group against all others, with intervals and Holm's correction.
Helps: where people are concerned. Hurts: a gap says that groups differ, not why: people differ in more than the group,
and labels may carry the injustice of those who gave them.
Sources: Hardt et al., "Equality of Opportunity in Supervised Learning", NeurIPS 2016; the four-fifths rule of the
    Uniform Guidelines on Employee Selection Procedures, 1978.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from whet.auditing.check import checks
from whet.auditing.inspection import Inspection
from whet.auditing.slices.group_rates import GroupGap, frame_of, group_gaps
from whet.auditing.slices.sensitive_groups import people_groups
from whet.errors import CannotJudgeError, ConfigError
from whet.finding import Finding

__all__ = ["SensitiveGaps"]

MOST_TOLD = 4
MOST_ROWS = 100_000
WANTS_MORE = {"accuracy", "selection rate", "true positive rate"}  # less of these is the worse treatment


@dataclass(frozen=True, kw_only=True)
class SensitiveGaps:
    """One finding per column and one for its groups that are too small to be judged."""

    gap: float = 0.05  # difference of a rate below which nothing is said
    ratio: float = 0.8  # four-fifths rule: selection rate over that of the others
    number: float = 0.2  # for numbers: difference of mean errors, or bias, over the mean error
    fewest: int = 30  # examples of a group below which its rates say nothing
    alpha: float = 0.05

    title: str = "groups of people that the model treats differently"
    effort: int = 2

    def __post_init__(self) -> None:
        if not (0.0 < self.gap < 1.0 and 0.0 < self.ratio < 1.0 and self.fewest >= 2):
            raise ConfigError(
                f"SensitiveGaps needs gap and ratio in (0, 1) and fewest of at least 2; got gap={self.gap!r}, "
                f"ratio={self.ratio!r}, fewest={self.fewest!r}."
            )

    def check(self, inspection: Inspection) -> Iterable[Finding]:
        """See ``Check.check``."""
        if not inspection.sensitive:
            return
        if inspection.target is None:
            raise CannotJudgeError("gaps between groups need a target; name one with --target")
        for column in inspection.sensitive:
            groups = people_groups(inspection.train, column, inspection.quick.positions)
            yield from self._too_small(column, groups)
            yield from self._gaps(inspection, column, groups)

    def _too_small(self, column: str, groups: np.ndarray) -> Iterable[Finding]:
        counts = Counter(groups.tolist())
        small = {g: c for g, c in sorted(counts.items(), key=lambda pair: (pair[1], pair[0])) if c < self.fewest}
        if not small:
            return
        named = ", ".join(f"{g!r} ({c})" for g, c in list(small.items())[:MOST_TOLD])
        yield Finding(
            symptom="sensitive_gaps",
            title="groups of people too small to be judged",
            severity=0.2,
            statement=f"{len(small)} of {len(counts)} groups of {column!r} have fewer than {self.fewest} examples: "
            f"{named}{', ...' if len(small) > MOST_TOLD else ''}.",
            evidence={"rule": "examples of a group", "value": min(small.values()), "threshold": self.fewest},
            column=column,
            count=sum(small.values()),
            total=len(groups),
            confidence=1.0,
            cost_unknown="too few examples to measure on",
            advice="Nothing can be said on how the model treats them. Collect more of them before it decides on them.",
        )

    def _gaps(self, inspection: Inspection, column: str, groups: np.ndarray) -> Iterable[Finding]:
        quick, kind = inspection.quick, _kind(inspection)
        told = quick.scores[:, 0] if kind == "number" else quick.scores.argmax(axis=1)
        gaps = group_gaps(quick.truth, told, groups, quick.clusters, kind=kind, fewest=self.fewest)
        scale = float(np.abs(told - quick.truth).mean()) if kind == "number" else 1.0
        bar = (self.number if kind == "number" else self.gap) * scale
        clear = [g for g in gaps if g.gap.p < self.alpha and abs(g.gap.value) >= bar and g.least > 0]
        if not clear:
            return
        clear.sort(key=lambda g: -g.least)
        frame = frame_of(quick.truth, told, groups, kind=kind)
        worst = _worst(clear)
        lines = np.flatnonzero(groups == worst.group)
        positive = f" Chosen means: told {inspection.target.labels[1]!r}." if kind == "two" else ""  # type: ignore[union-attr]
        yield Finding(
            symptom="sensitive_gaps",
            title=self.title,
            severity=self._severity(clear, bar),
            statement=f"By {column!r}: {'; '.join(_told(g, kind) for g in _first(clear))}.{positive}",
            evidence=self._evidence(worst, bar, clear, frame),
            column=column,
            count=len(lines),
            total=len(groups),
            confidence=1 - clear[0].gap.p,
            rows=tuple(inspection.data.rows[quick.positions[lines[:MOST_ROWS]]].tolist()),
            cost_unknown="a gap is not a loss of score; closing it may cost some",
            advice="Look for the reason: too few examples of a group, labels that favour one, a column that stands in "
            "for it. Collect or correct those, or choose thresholds that even the rates out.",
        )

    def _severity(self, clear: Sequence[GroupGap], bar: float) -> float:
        """By the low end of the widest gap: 0.3 where it reaches the bar, severe from four times the bar.

        A selection rate may differ because people do, so alone it is at most moderate.
        """
        served = max((g.least for g in clear if g.rate != "selection rate"), default=0.0) / bar
        chosen = max((g.least for g in clear if g.rate == "selection rate"), default=0.0) / bar
        few_chosen = any(g.rate == "selection rate" and _ratio(g) < self.ratio for g in clear)
        by_choice = min(0.5, 0.2 + 0.1 * chosen) if few_chosen else 0.25 * min(1.0, chosen)
        return float(min(0.8, max(by_choice, 0.2 + 0.125 * served)))

    def _evidence(self, worst: GroupGap, bar: float, clear: Sequence[GroupGap], frame: pd.DataFrame) -> dict[str, Any]:
        rows = frame.astype(object).where(frame.notna(), None)
        shares = frame["count"] / frame["count"].sum()
        return {
            "rule": f"{worst.rate} of {worst.group!r} against all others",
            "value": worst.gap.value,
            "threshold": bar,
            "groups": {str(g): dict(row) for g, row in rows.to_dict("index").items()},
            "shares": {str(g): float(s) for g, s in shares.items()},
            "difference": {str(c): float(frame[c].max() - frame[c].min()) for c in frame.columns if c != "count"},
            "gaps": [
                {"group": g.group, "rate": g.rate, "value": g.gap.value, "low": g.gap.low, "high": g.gap.high}
                for g in clear
            ],
        }


def _kind(inspection: Inspection) -> str:
    if inspection.is_number:
        return "number"
    return "two" if inspection.target is not None and inspection.target.num_outputs == 2 else "many"


def _worst(clear: Sequence[GroupGap]) -> GroupGap:
    """The widest gap in which the group is the one treated worse; the widest of all where there is none."""
    worse = [g for g in clear if (g.gap.value < 0) == (g.rate in WANTS_MORE)]
    return (worse or list(clear))[0]


def _first(clear: Sequence[GroupGap]) -> list[GroupGap]:
    """The widest of each rate; of two groups that are each other's complement only one is told."""
    seen: dict[str, GroupGap] = {}
    for each in clear:
        seen.setdefault(each.rate, each)
    return list(seen.values())[:MOST_TOLD]


def _ratio(gap: GroupGap) -> float:
    """The lower of two rates over the higher."""
    low, high = sorted((gap.gap.inside, gap.gap.outside))
    return low / high if high > 0 else 1.0


def _told(each: GroupGap, kind: str) -> str:
    gap = each.gap
    if kind == "number":
        return (
            f"{each.rate} of {each.group!r} {gap.inside:.4g}, of all others {gap.outside:.4g} "
            f"({gap.low:+.4g} to {gap.high:+.4g}; n = {gap.num_inside:,})"
        )
    return (
        f"{each.rate} of {each.group!r} {gap.inside:.3f}, of all others {gap.outside:.3f} ({100 * gap.low:+.1f} to "
        f"{100 * gap.high:+.1f} points; ratio {_ratio(each):.2f}; n = {gap.num_inside:,})"
    )


checks.register("sensitive_gaps")(SensitiveGaps())
