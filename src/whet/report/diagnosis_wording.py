"""A diagnosis in words: the headline, what a cure was worth, what a finding rests on."""

from __future__ import annotations

from collections.abc import Mapping

from whet.finding import Finding
from whet.report.amounts import MISSING, count, difference, interval_of_gain, number, score
from whet.report.audit_wording import capital, certainty, evidence
from whet.report.diagnosis_page import DiagnosisPage, Tried

__all__ = ["capital", "certainty", "evidence", "grouped", "headline", "lead", "level_title", "share", "worth"]


def headline(page: DiagnosisPage) -> str:
    """The verdict in a few words: the title of the likeliest root."""
    if not page.verdicts:
        return "Nothing is wrong with this training, as far as it could be seen"
    root = page.verdicts[0].root
    if root.level == "slight":
        return "Nothing that matters is wrong with this training"
    return level_title(root)


def lead(page: DiagnosisPage) -> str:
    """One of how many causes it is, and what it explains."""
    if not page.verdicts:
        return f"{count(page.num_rules, 'rule')} looked at it and found nothing."
    num, explained = len(page.verdicts), len(page.verdicts[0].symptoms)
    place = "The only cause found" if num == 1 else f"The likeliest of {count(num, 'cause')}"
    return f"{place}; it explains {count(explained, 'more finding')}." if explained else f"{place}."


def level_title(finding: Finding) -> str:
    """The title of a finding, or its name in words."""
    return capital(finding.title or finding.symptom.replace("_", " "))


def worth(tried: Tried) -> str:
    """Before and after, and the gain with its interval; a gain is positive where it is an improvement.

    >>> one = Tried(title="", advice="", metric_title="accuracy", unit="fraction", before=0.1, after=0.9, gain=0.8,
    ...     low=0.75, high=0.85, has_worked=True)
    >>> worth(one)
    'accuracy 0.100 → 0.900, +80.0 points (+75.0 to +85.0)'
    """
    if tried.after is None:
        return tried.note or MISSING
    if tried.before is None:
        return f"{tried.metric_title} {score(tried.after, tried.unit)}; as it was, it could not be trained"
    told = f"{tried.metric_title} {score(tried.before, tried.unit)} → {score(tried.after, tried.unit)}"
    if tried.gain is None or difference(tried.gain, tried.unit) == MISSING:
        return told
    interval = interval_of_gain(tried.low, tried.high, tried.unit)
    return f"{told}, {difference(tried.gain, tried.unit)}{f' ({interval})' if interval else ''}"


def share(value: float | None) -> str:
    """A share in percent, a dash where it does not apply.

    >>> share(0.5), share(None), share(0.0)
    ('50 %', '–', '0 %')
    """
    return MISSING if value is None else f"{number(100 * round(value, 3))} %"


def grouped(pairs: tuple[tuple[str, str], ...]) -> Mapping[str, list[str]]:
    """What was looked for by the reason why it cannot be said.

    >>> grouped((("a", "no data"), ("b", "no data")))
    {'no data': ['a', 'b']}
    """
    reasons: dict[str, list[str]] = {}
    for what, why in pairs:
        reasons.setdefault(why, []).append(what)
    return reasons
