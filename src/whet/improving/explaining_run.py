"""Explain a run from its folder: what held the model back, what was tried for each finding, and what that was worth.

For the command line: ``diagnose_run(path) -> RunDiagnosis``. Print ``headline``, then for each of ``answered`` its
``finding`` (a ``whet.finding.Finding``) and under it ``tried``, then ``unasked``; ``to_dict()`` is ready for JSON. A
row of the ledger is a dict as ``Ledger.rows()`` gives it: ``change``, ``verdict``, ``gain``, ``low``, ``high`` and
``reason`` are what a person reads, and ``row_words(row)`` puts them into one sentence.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import whet.evaluation.metrics
import whet.remedies  # noqa: F401  (both register what they hold)
from whet.errors import RunError
from whet.evaluation.metric import metrics
from whet.finding import Cost, Edit, Example, Finding, Line, Plot
from whet.improving.folder import RunFolder
from whet.improving.planner import GENERAL
from whet.ledger.entry import Stage, Verdict
from whet.ledger.records import Ledger
from whet.ledger.words import say_gain
from whet.remedies.remedy import remedies

__all__ = ["Answered", "RunDiagnosis", "diagnose_run", "row_words"]

JUDGED = (Stage.SCREEN, Stage.CONFIRM)  # stages whose rows answer findings


@dataclass(frozen=True, kw_only=True)
class Answered:
    """A finding, and the rows of the ledger that answered it."""

    finding: Finding
    tried: tuple[dict[str, Any], ...]  # in the order of the run

    @property
    def was_cured(self) -> bool:
        """Whether a change that treats it was adopted."""
        return any(row["verdict"] == Verdict.ADOPTED for row in self.tried)


@dataclass(frozen=True, kw_only=True)
class RunDiagnosis:
    """What a run knows about its model."""

    headline: str
    metric: str  # registered name
    answered: tuple[Answered, ...]  # the strongest finding first
    unasked: tuple[dict[str, Any], ...]  # judged rows that no finding of the end asked for
    is_finished: bool

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The strongest first."""
        return tuple(each.finding for each in self.answered)

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "headline": self.headline,
            "metric": self.metric,
            "is_finished": self.is_finished,
            "findings": [{**asdict(each.finding), "tried": list(each.tried)} for each in self.answered],
            "unasked": list(self.unasked),
        }


def diagnose_run(path: str | Path) -> RunDiagnosis:
    """Read the findings, curves and ledger of a run; nothing is trained or written.

    Raises:
        RunError: the folder holds no run, the run has not come to its report, or a file of it is damaged.
    """
    folder = RunFolder.open(Path(path))
    if not folder.report_data.is_file():
        raise RunError(
            f"{folder.path} holds a run without a result: it was cut short before its report. "
            f"Continue it with: whet improve --resume {folder.path}"
        )
    data = _read(folder.report_data)
    with Ledger(folder.ledger, read_only=True) as ledger:
        rows = [row for row in ledger.rows() if row["stage"] in JUDGED]
    findings = [_finding(each, folder.report_data) for each in data.get("findings", [])]
    answered = [
        Answered(finding=finding, tried=tuple(row for row in rows if _answers(row, finding)))
        for finding in sorted(findings, key=lambda f: (-f.severity, f.symptom))
    ]
    told = {row["id"] for each in answered for row in each.tried}
    return RunDiagnosis(
        headline=_headline(data, rows, answered),
        metric=str(data["metric"]),
        answered=tuple(answered),
        unasked=tuple(row for row in rows if row["id"] not in told),
        is_finished=folder.state().get("status") == "done",
    )


def row_words(row: Mapping[str, Any], metric: str) -> str:
    """One sentence: what was changed and what came of it.

    >>> row_words({"change": "mixup 0.2", "verdict": "adopted", "gain": 0.02, "low": 0.01, "high": 0.03}, "accuracy")
    'mixup 0.2: adopted, 2.00 points (95 % interval 1.00 points to 3.00 points)'
    """
    verdict = row["verdict"] or "not decided: the run ended first"
    if row.get("gain") is None or row.get("low") is None or row.get("high") is None:
        reason = row.get("reason") or ""
        return f"{row['change']}: {verdict}{f' ({reason})' if reason else ''}"
    return f"{row['change']}: {verdict}, {say_gain(metrics[metric], row['gain'], row['low'], row['high'])}"


def _read(path: Path) -> dict[str, Any]:
    try:
        data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise RunError(f"{path} is damaged ({fault}); the run cannot be explained.") from fault
    if not isinstance(data, dict) or "metric" not in data:
        raise RunError(f"{path} does not hold the report of a run. Was it written by another version of Whet?")
    return data


def _finding(given: Mapping[str, Any], path: Path) -> Finding:
    """A finding as JSON has it; what this Whet does not know is left out, so that older runs can be read."""
    known = {f.name for f in fields(Finding)}
    values: dict[str, Any] = {name: _as_tuple(value) for name, value in given.items() if name in known}
    try:
        values["examples"] = tuple(Example(**each) for each in given.get("examples", ()))
        values["edits"] = tuple(
            Edit(**{name: _as_tuple(value) for name, value in each.items()}) for each in given.get("edits", ())
        )
        values["cost"] = Cost(**given["cost"]) if given.get("cost") else None
        values["plot"] = _plot(given.get("plot"))
        return Finding(**values)
    except (TypeError, KeyError) as fault:
        raise RunError(f"{path}: a finding cannot be read ({fault}). Was it written by another Whet?") from fault


def _as_tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _plot(given: Mapping[str, Any] | None) -> Plot | None:
    if given is None:
        return None
    lines = tuple(Line(name=line["name"], x=tuple(line["x"]), y=tuple(line["y"])) for line in given["lines"])
    return Plot(**{**given, "lines": lines})


def _answers(row: Mapping[str, Any], finding: Finding) -> bool:
    """Whether the planner proposed the row because of such a finding. Its numbers differ from round to round."""
    name = row["remedy"]
    is_asked = bool(row["because"]) and row["because"] != GENERAL
    return is_asked and name in remedies and finding.symptom in remedies[name].treats


def _headline(data: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], answered: Sequence[Answered]) -> str:
    adopted = sum(row["verdict"] == Verdict.ADOPTED for row in rows)
    tried = sum(row["verdict"] is not None for row in rows)
    found = f"{len(answered)} finding{'' if len(answered) == 1 else 's'}"
    after = data.get("after") or {}
    score = f"{data.get('metric_title') or data['metric']} {after['score']:.4g}" if "score" in after else "no score"
    return f"{data.get('title', 'run')}: {score}; {found}; {tried} changes judged, {adopted} adopted."
