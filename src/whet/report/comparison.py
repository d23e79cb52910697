"""The page of a comparison: a table, two plots and the advice in words. Loads nothing and runs nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from whet.files import write_text
from whet.report import amounts

__all__ = ["ComparisonData", "ComparisonRow", "write_comparison"]


@dataclass(frozen=True, kw_only=True)
class ComparisonRow:
    """One candidate. Of a failed one only the names and the cause are known."""

    family: str
    architecture: str
    title: str
    recipe: Mapping[str, Any]
    cause: str | None = None  # why it failed
    score: float | None = None  # mean over repeats
    low: float | None = None  # 95 % interval over examples
    high: float | None = None
    scores: tuple[float, ...] = ()  # by repeat
    is_best: bool = False
    difference: float | None = None  # of the best from this one, positive: the best is better; None for the best
    difference_low: float | None = None
    difference_high: float | None = None
    p: float | None = None  # two-sided, corrected for all pairs
    is_apart: bool | None = None  # can it be told apart from the best
    train_s: float | None = None  # mean of its trainings
    num_trainings: int = 0
    num_parameters: int | None = None
    predict_ms: Mapping[str, float] = field(default_factory=dict)  # "1", "64": milliseconds per example
    memory_mb: float | None = None  # rise at the peak of its first training
    epochs: float | None = None  # made, mean; None for what has no epochs
    planned_epochs: float | None = None
    ended_by_clock: bool = False


@dataclass(frozen=True, kw_only=True)
class ComparisonData:
    """Everything the page shows, and the content of comparison.json."""

    title: str
    task: str
    modality: str
    metric: str
    metric_title: str
    metric_why: str
    higher_is_better: bool
    unit: str
    scored_on: str  # "5-fold out-of-fold" or "a fixed validation part"
    num_scored: int
    num_train: int  # examples in one training
    num_sealed: int  # examples set aside and not opened
    num_repeats: int
    num_parts: int
    limit_s: float  # that any one training could take
    budget_s: float
    seconds: float
    seed: int
    memory_how: str
    rows: tuple[ComparisonRow, ...]
    advice: tuple[str, ...]
    environment: Mapping[str, str]
    command: str = ""

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {"version": 1, **asdict(self)}


def write_comparison(data: ComparisonData, path: Path) -> None:
    """Write the page whole or not at all."""
    from whet.report import comparison_plots
    from whet.report.rendering import render
    from whet.report.visible import visible_strings

    clean: ComparisonData = visible_strings(data)
    html = render(
        "comparison.html",
        version=clean.environment.get("whet", ""),
        data=clean,
        score=lambda value: amounts.score(value, clean.unit),
        gain=lambda value: amounts.difference(value, clean.unit),
        span=lambda low, high: amounts.interval_of_gain(low, high, clean.unit),
        plots=[
            comparison_plots.against(clean, "train_s", "seconds to train"),
            comparison_plots.against(clean, "num_parameters", "parameters"),
        ],
    )
    write_text(path, html)
