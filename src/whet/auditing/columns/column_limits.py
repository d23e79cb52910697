"""What the name of a column says about its values: an age is not negative, a latitude not beyond 90."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Limit", "limit_of", "name_parts"]


@dataclass(frozen=True)
class Limit:
    """Values lie in [low, high]. ``hard``: nobody would dispute that a value outside is wrong."""

    what: str  # "an age"
    low: float
    high: float
    hard: bool = False


_INFINITY = float("inf")
_BY_WORD = {
    **dict.fromkeys(("age", "ages"), Limit("an age", 0, 125, hard=True)),
    **dict.fromkeys(("lat", "latitude"), Limit("a latitude", -90, 90, hard=True)),
    **dict.fromkeys(("lon", "lng", "longitude"), Limit("a longitude", -180, 180, hard=True)),
    **dict.fromkeys(("percent", "pct", "percentage"), Limit("a percentage", 0, 100)),
    **dict.fromkeys(("humidity",), Limit("a humidity in percent", 0, 100)),
    **dict.fromkeys(("probability", "prob"), Limit("a probability", 0, 1)),
    **dict.fromkeys(("month",), Limit("a month", 0, 12, hard=True)),
    **dict.fromkeys(("ph",), Limit("a pH value", 0, 14)),
}
_NEVER_NEGATIVE = {
    "count": "a count",
    "counts": "a count",
    "num": "a count",
    "number": "a count",
    "quantity": "a quantity",
    "qty": "a quantity",
    "price": "a price",
    "fare": "a price",
    "salary": "a salary",
    "height": "a height",
    "weight": "a weight",
    "width": "a width",
    "length": "a length",
    "distance": "a distance",
    "area": "an area",
    "size": "a size",
    "duration": "a duration",
    "hours": "hours",
    "minutes": "minutes",
    "days": "days",
    "rooms": "rooms",
    "bedrooms": "rooms",
    "bathrooms": "rooms",
    "population": "a population",
    "households": "households",
    "visits": "visits",
    "votes": "votes",
    "views": "views",
    "clicks": "clicks",
    "mileage": "a mileage",
    "speed": "a speed",
    "year": "a year",
    "years": "years",
}
# A change, a score or a logarithm of a count may well be negative.
_CHANGES = {"change", "diff", "difference", "delta", "growth", "log", "z", "score", "scaled", "norm", "normalized"}
_CHANGES |= {"rel", "relative", "return", "gain", "loss", "balance", "net", "trend", "until", "since", "to"}
_PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")


def name_parts(name: str) -> list[str]:
    """The words that a column's name is made of, in lower case.

    >>> name_parts("housingMedian_age2")
    ['housing', 'median', 'age', '2']
    """
    return [part.lower() for part in _PART.findall(name)]


def limit_of(name: str) -> Limit | None:
    """What the name promises; None where it promises nothing.

    >>> limit_of("hours_per_week"), limit_of("price_change")
    (Limit(what='hours', low=0, high=inf, hard=False), None)
    """
    parts = name_parts(name)
    if _CHANGES & set(parts):
        return None
    for part in parts:
        if part in _BY_WORD:
            return _BY_WORD[part]
    for part in parts:
        if part in _NEVER_NEGATIVE:
            return Limit(_NEVER_NEGATIVE[part], 0, _INFINITY)
    return None
