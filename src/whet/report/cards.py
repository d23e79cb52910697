"""The key figures that head the page."""

from __future__ import annotations

from dataclasses import dataclass

from whet.ledger.entry import Stage, Verdict
from whet.report.amounts import difference, duration, interval_of_gain, number, score
from whet.report.data import ReportData

__all__ = ["Card", "cards"]

JUDGED = (Verdict.ADOPTED, Verdict.NO_EVIDENCE, Verdict.HARMFUL, Verdict.FAILED)


@dataclass(frozen=True)
class Card:
    """One figure: what it is, its value, and a small remark."""

    label: str
    value: str
    note: str


def cards(data: ReportData) -> list[Card]:
    """Score, gain, test, changes, time and the model, in this order; the gain only where it is known."""
    line, gain = data.after, data.gain
    span = f"{score(line.low, data.unit)} to {score(line.high, data.unit)}"
    found = [Card(data.metric_title, score(line.score, data.unit), span)]
    if gain is not None:
        value, note = difference(gain[0], data.unit), interval_of_gain(gain[1], gain[2], data.unit)
        found.append(Card("gain over the baseline", value, note))
    return [*found, _test(data), _changes(data), _time(data), *_model(data)]


def _test(data: ReportData) -> Card:
    times = {0: "never opened", 1: "opened once"}.get(data.test_openings, f"opened {data.test_openings} times")
    return Card("sealed test examples", f"{data.num_examples.get('test', data.after.n):,}", times)


def _changes(data: ReportData) -> Card:
    rows = [row for row in data.ledger if row["stage"] in (Stage.CONFIRM, Stage.ENSEMBLE)]
    judged = [row for row in rows if row["verdict"] in JUDGED]
    hidden = sum(row["verdict"] == Verdict.NOT_VISIBLE for row in rows)
    adopted = sum(row["verdict"] == Verdict.ADOPTED for row in judged)
    return Card("changes adopted", f"{adopted} of {len(judged)}", f"{hidden} not visible here" if hidden else "")


def _time(data: ReportData) -> Card:
    budget = f"of a budget of {duration(data.budget_seconds)}" if data.budget_seconds is not None else "no budget set"
    return Card("time", duration(data.seconds), "stopped early" if data.stopped else budget)


def _model(data: ReportData) -> list[Card]:
    if not data.members:
        return []
    parameters = sum(int(m.get("parameters") or 0) for m in data.members)
    value = str(data.members[0].get("title", "")) if len(data.members) == 1 else f"{len(data.members)} models"
    return [Card("handed over", value, f"{number(parameters)} parameters" if parameters else "")]
