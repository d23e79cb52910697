"""Every metric before and after, with the direction in which it should go."""

from __future__ import annotations

from dataclasses import dataclass

import whet.evaluation.metrics  # noqa: F401  (registers the metrics whose titles are shown)
from whet.evaluation.metric import metrics
from whet.report.amounts import MISSING, difference, score
from whet.report.data import ReportData

__all__ = ["ScoreRow", "score_rows"]


@dataclass(frozen=True, kw_only=True)
class ScoreRow:
    """One metric in words."""

    title: str
    before: str
    after: str
    change: str
    tone: str  # "better", "worse" or "same"
    is_primary: bool
    arrow: str  # up when higher is better, else down


def score_rows(data: ReportData) -> list[ScoreRow]:
    """The primary metric first, the others by name."""
    before, after = data.scores_table.get("before", {}), data.scores_table.get("after", {})
    return [_row(data, name, before, after) for name in sorted({*before, *after}, key=lambda n: (n != data.metric, n))]


def _row(data: ReportData, name: str, before: dict[str, float], after: dict[str, float]) -> ScoreRow:
    known = metrics[name] if name in metrics else None  # noqa: SIM401  (a registry has no get)
    unit, higher = (known.unit, known.higher_is_better) if known else ("nats", True)
    old, new = before.get(name), after.get(name)
    change = None if old is None or new is None else (new - old)
    text = difference(change, unit)
    gained = 0.0 if change is None or text in (MISSING, "0", "0.0 points") else change if higher else -change
    return ScoreRow(
        title=known.title if known else name.replace("_", " "),
        before=score(old, unit),
        after=score(new, unit),
        change=text,
        tone="better" if gained > 0 else "worse" if gained < 0 else "same",
        is_primary=name == data.metric,
        arrow="↑" if higher else "↓",
    )
