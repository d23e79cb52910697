"""The advice in words: what is best, what costs less and cannot be told apart from it, and what was not seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from whet.report.amounts import count, difference, duration, interval_of_gain, number, score
from whet.report.comparison import ComparisonRow

__all__ = ["advice"]

WORTH_SAYING = 1.5  # times less, from which a cost is worth a word


def advice(rows: Sequence[ComparisonRow], *, unit: str, metric_title: str, num_parts: int = 1) -> tuple[str, ...]:
    """One idea per sentence, the most important first."""
    measured = [row for row in rows if row.score is not None]
    if not measured:
        return ("Every candidate failed; the table says why.", *_failures(rows))
    best = next(row for row in measured if row.is_best)
    unsure = [row for row in measured if row.is_apart is False]
    alike = [row for row in unsure if (row.difference_low or 0.0) <= 0]
    leaning = [row for row in unsure if row not in alike]
    return (
        _first(best, alike, leaning, measured, unit, metric_title),
        *_cheaper(best, alike, unit),
        *_guessing(best, measured),
        *_cut_short(measured),
        *_only_once(measured, num_parts),
        *_failures(rows),
    )


def _first(
    best: ComparisonRow,
    alike: list[ComparisonRow],
    leaning: list[ComparisonRow],
    measured: list[ComparisonRow],
    unit: str,
    metric: str,
) -> str:
    head = f"{_name(best)} scored best: {metric} {score(best.score, unit)}"
    if len(measured) == 1:
        return f"{head}. Nothing else was measured beside it."
    if not alike and not leaning:
        return f"{head}, and can be told apart from every other candidate."
    said = head
    if alike:
        said += f", but these data cannot tell it apart from {', '.join(_name(row) for row in alike)}"
    if leaning:
        names = ", ".join(_name(row) for row in leaning)
        said += f"; {names} came out behind, but not beyond doubt after looking at {len(measured)} candidates"
    return f"{said}."


def _cheaper(best: ComparisonRow, alike: list[ComparisonRow], unit: str) -> list[str]:
    """The one that trains fastest among those that may be as good."""
    faster = [row for row in alike if row.train_s and best.train_s and row.train_s < best.train_s]
    if not faster:
        return []
    row = min(faster, key=lambda r: r.train_s or 0.0)
    saved = [
        f"{words} ({shown(mine)} instead of {shown(its)})"
        for words, mine, its, shown in _costs(row, best)
        if mine and its and its / mine >= WORTH_SAYING
    ]
    if not saved:
        return []
    gap = difference(row.difference, unit)
    span = interval_of_gain(row.difference_low, row.difference_high, unit)
    costs = "; ".join(saved)
    return [
        f"{_name(row)} cannot be told apart from it (behind by {gap}, 95 % interval {span}) and costs less: {costs}."
    ]


def _costs(
    row: ComparisonRow, best: ComparisonRow
) -> list[tuple[str, float | None, float | None, Callable[[float | None], str]]]:
    def times(mine: float | None, its: float | None) -> str:
        return f"{float(f'{its / mine:.2g}'):,g}" if mine and its else ""  # two digits: it is a measurement

    mine, its = row.predict_ms.get("1"), best.predict_ms.get("1")
    return [
        (f"trains {times(row.train_s, best.train_s)} times faster", row.train_s, best.train_s, _time),
        (f"answers {times(mine, its)} times faster", mine, its, lambda ms: f"{number(ms)} ms"),
        (
            f"has {times(row.num_parameters, best.num_parameters)} times fewer parameters",
            row.num_parameters,
            best.num_parameters,
            number,
        ),
    ]


def _time(seconds: float | None) -> str:
    return f"{number(1000 * seconds)} ms" if seconds is not None and seconds < 0.1 else duration(seconds)


def _guessing(best: ComparisonRow, measured: list[ComparisonRow]) -> list[str]:
    """Is anything learnt at all."""
    guess = [row for row in measured if row.architecture == "majority"]
    if not guess or (not guess[0].is_best and guess[0].is_apart):
        return []
    return ["Nothing here can be told apart from answering without looking: more data, or other columns, come first."]


def _cut_short(measured: list[ComparisonRow]) -> list[str]:
    cut = [row for row in measured if row.ended_by_clock]
    if not cut:
        return []
    names = ", ".join(f"{_name(row)} ({number(row.epochs)} of {number(row.planned_epochs)} epochs)" for row in cut)
    return [
        f"Ended by the clock: {names}. With a larger budget they may do better, so this is no verdict on their kind."
    ]


def _only_once(measured: list[ComparisonRow], num_parts: int) -> list[str]:
    if num_parts > 1 or len(measured) < 2 or any(len(row.scores) > 1 for row in measured):
        return []
    return [
        "Each was trained once, so how much luck is in a seed could only be assumed, and little can be told apart: "
        "a larger budget, or --repeats 3, shows more."
    ]


def _failures(rows: Sequence[ComparisonRow]) -> list[str]:
    failed = [row for row in rows if row.cause is not None]
    return [f"{count(len(failed), 'candidate')} failed; the table says why."] if failed else []


def _name(row: ComparisonRow) -> str:
    return f"{row.title} [{row.family}]"
