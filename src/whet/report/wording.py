"""The verdict in plain sentences: what was measured, what the gain is, and what cannot be claimed.

Each function gives sentences, not markup; the template escapes them. The rules of honesty: a gain whose interval holds
zero is said not to be told from no gain; a simple model that did as well is named; a figure that does not come from
the sealed test says so.
"""

from __future__ import annotations

from whet.ledger.sealed import opening_alpha
from whet.report.amounts import count, difference, interval_of_gain, percent, score, size
from whet.report.data import ReportData, ScoreLine

__all__ = [
    "baseline_name",
    "confidence",
    "fast_sentence",
    "headline",
    "openings_sentence",
    "simple_weight",
    "verdict_sentences",
]


def headline(data: ReportData) -> str:
    """The result in one line: "Accuracy rose from 0.926 to 0.982."."""
    before, after = score(data.before.score, data.unit), score(data.after.score, data.unit)
    name = _capital(data.metric_title)
    if before == after:
        return f"{name} stayed at {after}."
    return f"{name} {'rose' if data.after.score > data.before.score else 'fell'} from {before} to {after}."


def verdict_sentences(data: ReportData) -> list[str]:
    """What the run showed, the most important first."""
    sentences = [_result(data), _gain(data), _deep(data)]
    if data.stopped:
        sentences.insert(0, "The run was stopped before its budget was spent: what follows is how far it came.")
    return [s for s in sentences if s]


def openings_sentence(data: ReportData) -> str:
    """How often the sealed test was opened, and what that does to the interval."""
    times = data.test_openings
    if times == 0:
        return "The sealed test was never opened: no figure here is a result on unseen examples."
    if times == 1:
        return "The sealed test was opened once, at the very end."
    return (
        f"The sealed test was opened {times} times; each opening makes its figure less trustworthy, "
        f"so the intervals are {percent(confidence(data))} ones."
    )


def confidence(data: ReportData) -> float:
    """Of the test's intervals: 0.95 at the first opening of the sealed test, stricter afterwards."""
    return 1 - opening_alpha(max(0, data.test_openings - 1))


def baseline_name(data: ReportData) -> str:
    """The simple model's name without the word "baseline:" before it."""
    return data.before.name.removeprefix("baseline:").strip() or "the simple baseline"


def simple_weight(data: ReportData) -> float | None:
    """Share in [0, 1] of simple models in what was handed over; None where no members are known."""
    simple = {row.get("change") for row in data.ledger if row.get("stage") == "baseline"} | {baseline_name(data)}
    total = sum(float(m.get("weight", 0.0)) for m in data.members)
    if total <= 0:
        return None
    return sum(float(m.get("weight", 0.0)) for m in data.members if m.get("title") in simple) / total


def _result(data: ReportData) -> str:
    before, after = score(data.before.score, data.unit), score(data.after.score, data.unit)
    name, line = data.metric_title, data.after
    span = f"{percent(confidence(data))} interval {score(line.low, data.unit)} to {score(line.high, data.unit)}"
    if before == after:
        change = f"{name} is {after}, as before ({span})"
    else:
        change = f"{name} {'rose' if line.score > data.before.score else 'fell'} from {before} to {after} ({span})"
    units = " in the target's own units" if data.unit == "target" else ""
    lower = "" if data.higher_is_better else " Lower is better."
    return f"{_where(line)}, {change}{units}.{lower}"


def _where(line: ScoreLine) -> str:
    if line.part == "test":
        return f"On {count(line.n, 'example')} that nothing had read"
    return f"On {count(line.n, 'validation example')}, which the choices have seen"


def _gain(data: ReportData) -> str:
    if data.gain is None:
        return ""
    gain, low, high = data.gain
    over = baseline_name(data)
    if gain == low == high == 0:
        return f"That is the score of the simple baseline ({over}): there is no gain."
    span = interval_of_gain(low, high, data.unit)
    said = f"The gain over the simple baseline ({over}) is {difference(gain, data.unit)} ({span})"
    if data.unit == "target" and data.before.score > 0:
        said += f", {abs(100 * gain / data.before.score):.1f} % {'less' if gain >= 0 else 'more'} error"
    if low > 0:
        return f"{said}."
    if high < 0:
        return f"{said}: what was handed over is worse than the simple baseline on the test."
    return f"{said}. This interval includes zero: the gain cannot be told from no gain."


def _deep(data: ReportData) -> str:
    if data.deep_wins is not False:
        return ""
    share = simple_weight(data)
    begin = "No network did better than a simple model on the validation examples"
    if share is None:
        return f"{begin}: with these data the simple model may be all that is needed."
    if share > 0.999:
        return f"{begin}, so a simple model is what was handed over."
    if share >= 0.5:
        return f"{begin}; simple models make up {percent(share)} of the ensemble that was handed over."
    return f"{begin} by itself; together they were blended, simple models with {percent(share)} of the weight."


def fast_sentence(data: ReportData) -> str:
    """What the fast model in model-fast costs in score and gains in time; empty where there is none."""
    fast = data.fast
    if fast is None:
        return ""
    own, whole = fast["latency_ms"]["1"], fast["teacher_latency_ms"]["1"]
    lost = fast["difference"]
    return (
        f"The folder model-fast holds a single network, taught by the {fast['teacher']}. It answers one example "
        f"in {own:.3g} ms instead of {whole:.3g} ms ({whole / own:.3g} times as fast) and takes "
        f"{size(fast['size_bytes'])} instead of {size(fast['teacher_size_bytes'])}. On the sealed test, in the same "
        f"opening, its {data.metric_title} is {score(fast['test']['score'], data.unit)}: "
        f"{difference(lost['gain'], data.unit)} against the ensemble "
        f"({interval_of_gain(lost['low'], lost['high'], data.unit)})."
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
