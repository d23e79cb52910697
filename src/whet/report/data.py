"""Everything the report shows, as plain values; ``improve`` fills it and stores it as RUN/report.json."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, Self

from whet.errors import RunError, did_you_mean

__all__ = ["Mistake", "ReportData", "ScoreLine"]


@dataclass(frozen=True, kw_only=True)
class ScoreLine:
    """A score with its interval on the sealed test (or, when ``part`` says so, on validation examples)."""

    name: str  # "baseline: TF-IDF + logistic regression"
    score: float
    low: float
    high: float
    n: int
    part: str = "test"


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """One confident mistake."""

    where: str  # "row 17" or "cat/0001.jpg"
    truth: str
    predicted: str
    confidence: float  # in [0, 1]; for numbers the absolute error in the target's units
    text: str = ""  # snippet of a text or the row's values
    thumbnail: str = ""  # data: URI of a PNG, for pictures
    series: tuple[float, ...] = ()  # first channel, for series


@dataclass(frozen=True, kw_only=True)
class ReportData:
    """One run."""

    title: str  # origin of the data
    task: str
    modality: str
    target_kind: str  # "classes" or "number"
    labels: tuple[str, ...]
    metric: str  # registered name
    metric_title: str
    higher_is_better: bool
    unit: str  # Metric.unit
    num_examples: dict[str, int]  # by part: train, valid, test
    schema: list[dict[str, str]]  # name, kind, why
    before: ScoreLine  # best simple baseline
    default: ScoreLine | None  # default deep recipe, where it was trained
    after: ScoreLine  # what was handed over
    gain: tuple[float, float, float] | None  # after - before with 95 % interval (gain, low, high), positive is better
    deep_wins: bool | None  # did deep learning beat the simple baselines
    test_openings: int
    ledger: list[dict[str, Any]]  # rows as `whet ledger --json` gives them
    findings: list[dict[str, Any]]  # symptom, statement, severity, advice
    curves: dict[str, list[dict[str, Any]]]  # trial title -> CurvePoint dicts
    test_truth: list[float]  # class codes or numbers
    test_scores: list[list[float]]  # (N, K)
    scores_table: dict[str, dict[str, float]]  # "before"/"after" -> metric name -> value
    mistakes: list[Mistake]
    timings: list[tuple[str, float]]  # step, seconds
    problems: list[str]  # rows or files left out or remarked on
    next_steps: list[str]  # plain sentences
    command: str
    seed: int
    budget_seconds: float | None
    seconds: float
    environment: dict[str, str]
    speed: dict[str, Any] = field(default_factory=dict)  # Training.speed of the default recipe
    members: list[dict[str, Any]] = field(default_factory=list)  # of the bundle: title, weight, parameters
    notes: list[str] = field(default_factory=list)
    explanations: list[dict[str, Any]] = field(default_factory=list)  # of single predictions, by ``whet.explaining``
    importance: list[dict[str, Any]] = field(default_factory=list)  # of a table's columns: column, drop, low, high
    front: list[dict[str, Any]] = field(default_factory=list)  # candidates: name, score, latency_ms, size_bytes, ...
    fast: dict[str, Any] | None = None  # the fast model: see ``fast`` of RUN/summary.json
    limits: dict[str, float | None] = field(default_factory=dict)  # latency_s, size_bytes
    stopped: bool = False  # the run was interrupted before its budget was spent

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what ``dataclasses.asdict`` gave, also after a round trip through JSON (which turns tuples to lists).

        Raises:
            RunError: keys are missing, unknown or not of the expected shape.
        """
        _check_keys(cls, data, "the report data")
        read = dict(data)
        for name in ("before", "default", "after"):
            if read[name] is not None:
                _check_keys(ScoreLine, read[name], f"{name!r} of the report data")
                read[name] = ScoreLine(**read[name])
        for i, mistake in enumerate(read["mistakes"]):
            _check_keys(Mistake, mistake, f"mistake {i} of the report data")
        read["mistakes"] = [Mistake(**{**m, "series": tuple(m.get("series", ()))}) for m in read["mistakes"]]
        read["labels"] = tuple(read["labels"])
        read["timings"] = [(str(step), float(seconds)) for step, seconds in read["timings"]]
        read["gain"] = None if read["gain"] is None else tuple(read["gain"])
        return cls(**read)


def _check_keys(kind: type[Any], data: Mapping[str, Any], where: str) -> None:
    known = {f.name: f for f in fields(kind)}
    required = {n for n, f in known.items() if f.default is MISSING and f.default_factory is MISSING}
    faults = [f"{name!r} is not known. {did_you_mean(name, known)}" for name in data if name not in known]
    faults += [f"{name!r} is missing." for name in sorted(required - set(data))]
    if faults:
        raise RunError(f"{where} cannot be read: {' '.join(faults)} Was it written by another version of Whet?")
