"""Numbers as a person reads them: scores by the unit of their metric, gains, durations, probabilities.

"fraction" scores keep their natural form (0.9264) and their gains are points of a hundred (+5.1 points); scores in
the target's own units and in nats are shown as they are, with thousands separators. What is missing or not finite is
a dash. The minus sign is the typographic one.
"""

from __future__ import annotations

import math

__all__ = ["count", "difference", "duration", "interval_of_gain", "number", "p_value", "percent", "score", "size"]

MISSING = "–"


def number(value: float | None) -> str:
    """About four significant digits, with thousands separators.

    >>> number(48210.4), number(3.14159), number(-0.0123456), number(None), number(0.0000012), number(90.0)
    ('48,210', '3.142', '−0.01235', '–', '1.2e−06', '90')
    """
    if value is None or not math.isfinite(value):
        return MISSING
    size = abs(value)
    if size >= 1e12 or 0 < size < 1e-4:
        text = f"{value:.2g}"
    else:
        text = f"{value:,.0f}" if size >= 1000 else f"{value:.4g}"
    return text.replace("-", "−")


def score(value: float | None, unit: str) -> str:
    """A score of a metric of this unit.

    >>> score(0.92642, "fraction"), score(0.99971, "fraction"), score(48210.4, "target"), score(1.0, "fraction")
    ('0.926', '0.9997', '48,210', '1.000')
    """
    if value is None or not math.isfinite(value) or unit != "fraction":
        return number(value)
    decimals = 4 if 0.999 < abs(value) < 1 or 0 < abs(value) < 0.01 else 3
    return f"{value:.{decimals}f}".replace("-", "−")


def difference(value: float | None, unit: str, *, word: bool = True) -> str:
    """A gain, signed.

    >>> difference(0.0512, "fraction"), difference(-0.0009, "fraction", word=False), difference(1234.6, "target")
    ('+5.1 points', '−0.09', '+1,235')
    """
    if value is None or not math.isfinite(value):
        return MISSING
    if unit != "fraction":
        return ("+" if value > 0 else "") + number(value)
    points = 100 * value
    decimals = 1 if abs(points) >= 0.1 or points == 0 else 2
    sign = "+" if points > 0 else "−" if points < 0 else ""
    text = f"{sign}{abs(points):.{decimals}f}"
    return f"{text} point{'' if abs(points) == 1 else 's'}" if word else text


def interval_of_gain(low: float | None, high: float | None, unit: str) -> str:
    """Both ends, without the word "points".

    >>> interval_of_gain(0.029, 0.0731, "fraction"), interval_of_gain(None, None, "target")
    ('+2.9 to +7.3', '')
    """
    if low is None or high is None:
        return ""
    return f"{difference(low, unit, word=False)} to {difference(high, unit, word=False)}"


def duration(seconds: float | None) -> str:
    """Seconds in the units a person would say.

    >>> duration(0.04), duration(7.26), duration(59.99), duration(125), duration(7300), duration(None)
    ('0.04 s', '7.3 s', '1 min', '2 min 5 s', '2 h 1 min', '–')
    """
    if seconds is None or not math.isfinite(seconds):
        return MISSING
    if seconds < 0.005:
        return "0 s"
    if seconds < 59.5:
        return f"{seconds:.2f} s" if seconds < 1 else f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    whole = round(seconds)
    larger, smaller, names = (whole // 60, whole % 60, "min s") if whole < 3600 else (*divmod(whole // 60, 60), "h min")
    first, second = names.split()
    return f"{larger} {first}" + (f" {smaller} {second}" if smaller else "")


def p_value(p: float | None) -> str:
    """Two digits, and a bound where more would pretend to know.

    >>> p_value(0.0312), p_value(1.5e-6), p_value(None), p_value(0.5)
    ('0.031', '<0.0001', '–', '0.5')
    """
    if p is None or not math.isfinite(p):
        return MISSING
    return "<0.0001" if p < 1e-4 else f"{p:.2g}"


def percent(fraction: float) -> str:
    """A fraction in whole percent, but for the 97.5 of a second opening.

    >>> percent(0.9834), percent(0.975)
    ('98 %', '97.5 %')
    """
    value = 100 * fraction
    return f"{value:.1f} %" if abs(value - 97.5) < 1e-9 else f"{value:.0f} %"


def count(amount: int, noun: str, plural: str = "") -> str:
    """An amount with its noun.

    >>> count(1, "example"), count(1200, "example"), count(2, "class", "classes")
    ('1 example', '1,200 examples', '2 classes')
    """
    return f"{amount:,} {noun if amount == 1 else plural or noun + 's'}"


def size(num_bytes: float) -> str:
    """In the unit that suits.

    >>> size(900), size(12_400), size(5_250_000)
    ('900 B', '12 kB', '5.2 MB')
    """
    for unit, factor, digits in (("GB", 1e9, 1), ("MB", 1e6, 1), ("kB", 1e3, 0)):
        if num_bytes >= factor:
            return f"{num_bytes / factor:.{digits}f} {unit}"
    return f"{num_bytes:.0f} B"
