"""The page of a tuning: what was tried, what mattered, and whether the winner is really better. Runs nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from whet.files import write_text
from whet.report import amounts
from whet.report.data import ScoreLine

__all__ = ["TunedField", "TunedTrial", "TuningData", "told_little", "write_tuning"]

ENOUGH_PAIRS, TOLD = 6, 0.3  # below this correlation of so many pairs, cheap looks are said to have told little
AGREEMENTS = (("spearman", "num"), ("next_spearman", "next_num"))  # with full trainings; with looks one step dearer


@dataclass(frozen=True, kw_only=True)
class TunedTrial:
    """One trial as the page shows it. ``values`` are words and numbers by field; an inactive field is absent."""

    number: int  # from 1
    values: Mapping[str, Any]
    state: str  # "complete", "pruned", "failed", "running"
    fidelity: float
    score: float | None
    seconds: float
    curve: tuple[tuple[float, float], ...] = ()  # (percent of the training, validation score)
    is_duplicate: bool = False
    cause: str = ""


@dataclass(frozen=True, kw_only=True)
class TunedField:
    """A dimension of the space."""

    name: str
    kind: str  # "real", "whole" or "choice"
    low: float | None = None
    high: float | None = None
    log: bool = False
    values: tuple[str, ...] = ()  # of a choice, as labels
    when: str = ""  # in words; empty: always active
    start: str = ""  # the value that the search started from
    best: str = ""  # the winner's
    importance: float | None = None


@dataclass(frozen=True, kw_only=True)
class TuningData:
    """Everything the page shows, and the content of report.json."""

    kind: str = "tuning"
    version: int = 1
    title: str
    task: str
    method: str
    metric: str
    metric_title: str
    higher_is_better: bool
    unit: str
    scored_on: str
    num_scored: int
    num_sealed: int
    trials: tuple[TunedTrial, ...]
    fields: tuple[TunedField, ...]
    fidelity: str = "length"  # what cheap looks made less of
    looks: str = "shorter trainings"  # such looks in words
    share_of: str = "length"  # what they had a share of
    correlation: tuple[Mapping[str, Any], ...] = ()  # of such looks with full trainings
    start_score: float  # validation
    best_score: float | None  # the winner's in the search; None: nothing beat the start
    best_trial: int | None
    fresh: tuple[float, ...] = ()  # winner with fresh seeds
    fresh_start: tuple[float, ...] = ()
    verdict: str | None  # of the judge; None: not judged
    reason: str
    gain: tuple[float, float, float] | None
    p: float | None
    is_start: bool  # the start is handed over
    before: ScoreLine | None  # on the sealed test; None: the tuning was stopped
    after: ScoreLine | None
    test_gain: tuple[float, float, float] | None
    ended: str
    recipe: Mapping[str, Any]
    storage: str
    seconds: float
    budget_s: float | None
    seed: int
    timings: tuple[tuple[str, float], ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    command: str = ""

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> TuningData:
        """Read what ``to_dict`` wrote."""

        def line(given: Mapping[str, Any] | None) -> ScoreLine | None:
            return None if given is None else ScoreLine(**given)

        def tuples(given: Any) -> Any:
            return None if given is None else tuple(given)

        trials = tuple(TunedTrial(**{**t, "curve": tuple(tuple(p) for p in t["curve"])}) for t in data["trials"])
        return cls(
            **{
                **data,
                "trials": trials,
                "fields": tuple(TunedField(**{**f, "values": tuple(f["values"])}) for f in data["fields"]),
                "before": line(data["before"]),
                "after": line(data["after"]),
                **{name: tuples(data[name]) for name in ("correlation", "fresh", "fresh_start", "gain", "test_gain")},
                "timings": tuple((name, seconds) for name, seconds in data["timings"]),
            }
        )


def write_tuning(data: TuningData, path: Path) -> None:
    """Write the page whole or not at all."""
    import yaml

    from whet.report import tuning_plots
    from whet.report.rendering import render
    from whet.report.visible import visible_strings

    clean: TuningData = visible_strings(data)
    html = render(
        "tuning.html",
        version=clean.environment.get("whet", ""),
        data=clean,
        ranked=ranked(clean),
        misled=told_little(clean),
        score=lambda value: amounts.score(value, clean.unit),
        change=lambda value: amounts.difference(value, clean.unit),
        span=lambda low, high: amounts.interval_of_gain(low, high, clean.unit),
        mean=lambda values: sum(values) / len(values),
        plots={name: draw(clean) for name, draw in tuning_plots.PLOTS.items()},
        recipe=yaml.safe_dump(dict(clean.recipe), sort_keys=False),
    )
    write_text(path, html)


def told_little(data: TuningData) -> tuple[float, int] | None:
    """(Spearman's correlation, number of pairs) of the cheapest looks where these ranked about as well as chance would.

    With full trainings, or with the looks one step dearer where more pairs have these. None: they did better, or there
    are too few pairs to say.
    """
    lowest = min(data.correlation, key=lambda row: float(row["fidelity"]), default={})
    pairs = [(lowest.get(name), int(lowest.get(num, 0))) for name, num in AGREEMENTS]
    known = [(float(value), num) for value, num in pairs if value is not None and num >= ENOUGH_PAIRS]
    return known[0] if known and known[0][0] < TOLD else None


def ranked(data: TuningData, most: int = 20) -> list[TunedTrial]:
    """Full trials with a score, best first."""
    scored = [t for t in data.trials if t.score is not None and t.fidelity == 1.0 and not t.is_duplicate]
    return sorted(scored, key=lambda t: (t.score or 0.0) * (-1 if data.higher_is_better else 1))[:most]
