"""An audit in words: the verdict, how many of how many, what a finding costs, what it rests on."""

from __future__ import annotations

from typing import Any

from whet.finding import Finding
from whet.report.amounts import count, difference, interval_of_gain, number, percent
from whet.report.audit_page import AuditPage

__all__ = ["affected", "capital", "certainty", "cost", "evidence", "headline", "levels", "share", "worst"]

MOST_WORST = 3  # findings told at the top of the page
CERTAIN = 0.995  # confidence that would be rounded to 100 %


def headline(page: AuditPage) -> str:
    """The verdict in a few words."""
    num = len(page.findings("severe"))
    if num:
        return f"{count(num, 'severe fault')} in the data"
    return "Nothing severe was found" if page.sections else "Nothing wrong was found"


def levels(page: AuditPage) -> str:
    """How many findings of each level; empty without findings."""
    found = [f"{len(page.findings(level))} {level}" for level in ("severe", "moderate", "slight")]
    return f"{', '.join(found)}." if page.sections else ""


def worst(page: AuditPage) -> list[Finding]:
    """The findings to tell first: the highest ranked that are at least moderate."""
    return [s.finding for s in page.sections if s.finding.level != "slight"][:MOST_WORST]


def capital(text: str) -> str:
    """The text with a capital first letter.

    >>> capital("classes that are rare")
    'Classes that are rare'
    """
    return text[:1].upper() + text[1:]


def share(part: int, whole: int) -> str:
    """A share in percent that never reads as none or all when it is not.

    >>> share(312, 48_842), share(1, 48_842), share(5, 10), share(999, 1000), share(48_841, 48_842), share(7, 0)
    ('0.6 %', '<0.1 %', '50 %', '99.9 %', '>99.9 %', '')
    """
    if whole <= 0:
        return ""
    value = 100 * part / whole
    if 0 < value < 0.1:
        return "<0.1 %"
    if 99.9 < value < 100:
        return ">99.9 %"
    if 0 < value < 10 or 99 < value < 100:
        return f"{value:.1f} %"
    return percent(value / 100)


def affected(finding: Finding) -> str:
    """How many of how many.

    >>> affected(Finding(symptom="x", severity=0.5, statement="", count=312, total=48_842))
    '312 of 48,842 (0.6 %)'
    """
    if not finding.total:
        return f"{finding.count:,}" if finding.count else ""
    if not finding.count:
        return ""
    return f"{finding.count:,} of {finding.total:,} ({share(finding.count, finding.total)})"


def cost(finding: Finding, unit: str) -> str:
    """What mending would gain or by how much the score is flattered, with its interval; or why that is not known."""
    found = finding.cost
    if found is None:
        why = finding.cost_unknown
        return f"not measured: {why}" if why and not why.startswith("not measured") else why
    if found.meaning == "gain":
        return f"gain {difference(found.value, unit)} ({interval_of_gain(found.low, found.high, unit)})"
    if found.low <= 0 <= found.high:
        return f"score not measurably flattered ({interval_of_gain(found.low, found.high, unit)})"
    words, sign = ("score too good by", 1) if found.value >= 0 else ("score too low by", -1)
    value = difference(abs(found.value), unit).removeprefix("+")
    low, high = sorted((sign * found.low, sign * found.high))
    return f"{words} {value} ({interval_of_gain(low, high, unit)})"


def certainty(finding: Finding) -> str:
    """How sure the finding is; empty where that is not known."""
    if finding.confidence is None:
        return ""
    return "certain" if finding.confidence >= CERTAIN else f"about {percent(finding.confidence)} sure"


def evidence(finding: Finding) -> str:
    """The measured value against its threshold, and the rule.

    >>> told = {"rule": "D24", "value": 12.5, "threshold": 10}
    >>> evidence(Finding(symptom="x", severity=0.5, statement="", evidence=told))
    'measured 12.5, threshold 10, rule D24'
    """
    told = dict(finding.evidence)
    rule = told.pop("rule", None)
    parts = [f"measured {_plain(told.pop('value'))}"] if told.get("value") is not None else []
    parts += [f"threshold {_plain(told.pop('threshold'))}"] if told.get("threshold") is not None else []
    rest = [f"{key.replace('_', ' ')} {_plain(v)}" for key, v in told.items() if v is not None]
    return ", ".join([*parts, *rest, *([f"rule {rule}"] if rule else [])])


def _plain(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        words = ", ".join(map(_plain, value)) if isinstance(value, list | tuple) else str(value)
        return words if len(words) <= 200 else words[:199] + "…"
    return number(float(value))
