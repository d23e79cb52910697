"""The ledger as the page shows it: rows in groups by what they are worth, every figure already worded.

Each group keeps the order in which rows were registered. Nothing is left out: a row that was registered and never
decided has a group of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import whet.evaluation.metrics  # noqa: F401  (a row may be judged by another metric than the run's)
from whet.evaluation.metric import metrics
from whet.ledger.entry import Stage, Verdict
from whet.report.amounts import difference, duration, interval_of_gain, number, p_value, score

__all__ = ["Group", "Line", "grouped"]

Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Line:
    """One row of the ledger in words."""

    id: str
    what: str
    stage: str
    because: str
    why_now: str
    before: str
    after: str
    gain: str
    interval: str
    p: str
    alpha: str
    expected: str  # gain that was plausible beforehand
    visible: str  # smallest gain that could have been seen
    verdict: str
    reason: str
    cause: str
    seconds: str

    @property
    def tone(self) -> str:
        """The verdict as a style's name: "no-evidence"."""
        return self.verdict.replace(" ", "-")


@dataclass(frozen=True, kw_only=True)
class Group:
    """Rows of one kind."""

    key: str
    title: str
    explanation: str
    lines: list[Line]


KINDS = {
    "adopted": (
        "Adopted",
        "Every gate held: the gain is larger than chance explains, large enough to matter, and no slice pays for it.",
    ),
    "tried": (
        "Tried, and did not help",
        "Recorded with the same care, so that nobody has to repeat them.",
    ),
    "hidden": (
        "Could not be judged here",
        "A plausible gain would be smaller than what these examples can show, so the time was spent elsewhere. "
        "This says nothing against the change.",
    ),
    "undecided": ("Begun and not decided", "Written down before they ran; the run ended first."),
    "measured": ("Measured", "Figures without a claim: baselines, the default recipe, calibration, the test."),
    "screens": (
        "Screens",
        "Short looks on an inner part of the training examples. They choose what to confirm and claim nothing.",
    ),
}
KIND_OF_VERDICT = {
    Verdict.ADOPTED: "adopted",
    Verdict.NO_EVIDENCE: "tried",
    Verdict.HARMFUL: "tried",
    Verdict.FAILED: "tried",
    Verdict.NOT_VISIBLE: "hidden",
    Verdict.MEASURED: "measured",
}


def grouped(rows: list[dict[str, Any]], unit: str) -> list[Group]:
    """The groups that have rows, in the order of the page; ``unit`` is that of the run's metric."""
    groups = []
    for key, (title, explanation) in KINDS.items():
        lines = [_line(row, unit) for row in rows if _kind(row) == key]
        if lines:
            groups.append(Group(key=key, title=title, explanation=explanation, lines=lines))
    return groups


def _kind(row: Row) -> str:
    if row["verdict"] is None:
        return "undecided"
    if row["stage"] == Stage.SCREEN:
        return "screens"
    return KIND_OF_VERDICT.get(row["verdict"], "measured")


def _line(row: Row, unit: str) -> Line:
    named = str((row.get("details") or {}).get("metric", ""))
    unit = metrics[named].unit if named in metrics else unit
    reason, cause = str(row.get("reason") or ""), str(row.get("cause") or "")
    return Line(
        id=str(row.get("id", "")),
        what=str(row.get("change") or row.get("remedy") or ""),
        stage=" · ".join(dict.fromkeys(str(row.get(k)) for k in ("stage", "remedy") if row.get(k))).replace("_", " "),
        because=str(row.get("because") or ""),
        why_now=str(row.get("why_now") or ""),
        before=score(row.get("before"), unit),
        after=score(row.get("after"), unit),
        gain=difference(row.get("gain"), unit, word=False),
        interval=interval_of_gain(row.get("low"), row.get("high"), unit),
        p=p_value(row.get("p")),
        alpha=p_value(row.get("alpha")),
        expected=_plausible(row.get("expected_gain"), unit),
        visible=_plausible(row.get("visible_gain"), unit),
        verdict=str(row["verdict"]) if row["verdict"] is not None else "undecided",
        reason=reason,
        cause="" if cause in reason else cause,
        seconds=duration(row.get("seconds")),
    )


def _plausible(gain: float | None, unit: str) -> str:
    """An unsigned gain; 1.0 and above is the planner's word for "must run", no forecast."""
    if gain is None or (unit == "fraction" and gain >= 1):
        return "–"
    return difference(gain, unit, word=False).lstrip("+") if unit == "fraction" else number(gain)
