"""Everything the report shows, as plain values; ``improve`` fills it and stores it as RUN/report.json."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

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
