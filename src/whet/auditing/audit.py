"""Run checks over an inspection: the cheap ones first, what cannot be judged told with its reason, findings ranked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import whet.auditing.checks  # noqa: F401  (registers the checks)
from whet.auditing.check import Check, checks
from whet.auditing.choosing import chosen_checks
from whet.auditing.inspection import Inspection
from whet.errors import CannotJudgeError, TrainingFailedError
from whet.finding import SEVERE, Finding

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Audit", "run_checks"]


@dataclass(frozen=True, kw_only=True)
class Audit:
    """What was found, ranked by expected gain and severity, and what could not be judged."""

    origin: str
    test_origin: str | None
    target: str | None
    metric: str | None
    unit: str  # of the metric: "fraction" or "target"
    num_examples: Mapping[str, int]  # by part
    findings: tuple[Finding, ...]
    not_judged: Mapping[str, str]  # check -> why
    clean: tuple[str, ...]  # checks that found nothing
    quick: Mapping[str, Any]  # the quick model: title, score, low, high, n, seconds; empty where none was trained
    timings: Mapping[str, float]  # seconds by step
    seconds: float
    seed: int

    @property
    def is_severe(self) -> bool:
        """Anything that spoils the model or its score."""
        return any(f.severity >= SEVERE for f in self.findings)

    def frame(self) -> pd.DataFrame:
        """One row per finding: symptom, level, count, share, confidence, cost with interval, statement, remedy."""
        import pandas as pd

        columns = ["symptom", "level", "severity", "part", "column", "count", "total", "confidence"]
        columns += ["cost", "low", "high", "cost_meaning", "statement", "remedy", "advice"]
        return pd.DataFrame([_row(f) for f in self.findings], columns=columns)

    def rows(self, symptom: str) -> pd.DataFrame:
        """The examples behind the findings of one check: part, row."""
        import pandas as pd

        found = [f for f in self.findings if f.symptom == symptom]
        pairs = [(f.part, f.column, row) for f in found for row in f.rows]
        return pd.DataFrame(pairs, columns=["part", "column", "row"])

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready, with a version; see docs/contracts.md."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "findings"}
        findings = [{**asdict(f), "level": f.level} for f in self.findings]
        return {"version": 1, **plain, "severe": self.is_severe, "findings": findings}


def run_checks(
    inspection: Inspection,
    *,
    only: Sequence[str | Check] | None = None,
    also: Sequence[Check] = (),
    settings: Mapping[str, Mapping[str, Any]] | None = None,
    doing: Callable[[str], None] = lambda _: None,
    most_effort: int = 3,
) -> Audit:
    """Every check that applies, or those in ``only``, and those in ``also``; ``settings``: check -> its settings.

    ``most_effort``: checks that take more are left out.
    """
    findings: list[Finding] = []
    not_judged: dict[str, str] = {}
    clean: list[str] = []
    watch = inspection.stopwatch
    for name, check in chosen_checks(checks, only, also, settings or {}):
        if check.effort > most_effort:
            continue
        if watch.left() <= 0 and check.effort > 1:
            not_judged[name] = "the time was used up; give a larger budget"
            continue
        doing(f"looking for {check.title}")
        try:
            with watch.step(name):
                found = list(check.check(inspection))
        except CannotJudgeError as reason:
            not_judged[name] = str(reason)
        except TrainingFailedError as fault:
            not_judged[name] = f"a training failed: {fault}"
        else:
            findings += found
            clean += [] if found else [name]
    return Audit(
        origin=inspection.data.origin,
        test_origin=None if inspection.test is None else inspection.test.data.origin,
        target=inspection.data.schema.target if inspection.data.target is not None else None,
        metric=None if inspection.target is None else inspection.metric.name,
        unit="fraction" if inspection.target is None else inspection.metric.unit,
        num_examples=_sizes(inspection),
        findings=tuple(sorted(findings, key=_rank)),
        not_judged=not_judged,
        clean=tuple(clean),
        quick=_told(inspection),
        timings={k: round(v, 3) for k, v in watch.timings.items()},
        seconds=round(watch.elapsed(), 2),
        seed=inspection.seed,
    )


def _rank(finding: Finding) -> tuple[float, float, float, str]:
    """Severe ones first, then by what they cost, then by severity."""
    cost = 0.0 if finding.cost is None or finding.cost.low <= 0 else finding.cost.value
    return (-float(finding.severity >= SEVERE), -cost, -finding.severity, finding.symptom + finding.column)


def _sizes(inspection: Inspection) -> dict[str, int]:
    sizes = {"train": len(inspection.data)}
    return sizes if inspection.test is None else {**sizes, "test": len(inspection.test.data)}


def _told(inspection: Inspection) -> dict[str, Any]:
    quick = inspection.__dict__.get("quick")  # only where a check asked for it
    if quick is None:
        return {}
    return {
        "title": quick.title,
        "score": quick.score.value,
        "low": quick.score.low,
        "high": quick.score.high,
        "n": len(quick.positions),
        "seconds": round(quick.seconds, 2),
    }


def _row(finding: Finding) -> list[Any]:
    cost = finding.cost
    figures = [None, None, None, None] if cost is None else [cost.value, cost.low, cost.high, cost.meaning]
    named = [finding.symptom, finding.level, finding.severity, finding.part, finding.column, finding.count]
    told = [finding.statement, finding.remedy, finding.advice]
    return [*named, finding.total, finding.confidence, *figures, *told]
