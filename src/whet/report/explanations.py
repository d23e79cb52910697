"""Explained predictions, ready for the template: highlighted words, heat over pictures, coloured steps, bars.

A weight is shown relative to the largest of its example, in four shades; below a tenth of the largest it stays plain.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from whet.report.amounts import number, percent
from whet.report.data import ReportData
from whet.report.gallery import is_png
from whet.report.plots import bands, bars, heat

__all__ = ["ShownExample", "View", "shown_explanations", "tone"]

MOST_COLUMNS = 8
UNITS = {
    "log-odds": "weights in log-odds of the prediction",
    "target": "weights in the unit of the target",
    "share of attention": "weights are shares of the attention",
    "largest is 1": "largest weight 1",
}


@dataclass(frozen=True, kw_only=True)
class Word:
    """A piece of text."""

    text: str
    space: str  # after it
    tone: str  # see ``tone``
    weight: str


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A column of a table."""

    name: str
    value: str
    weight: str
    drawn: Markup


@dataclass(frozen=True, kw_only=True)
class View:
    """One method's answer; of words, picture, bands and bars the one that suits the example is filled."""

    title: str
    citation: str
    scope: str
    unit: str
    words: list[Word]
    picture: str
    overlay: str
    bands: Markup
    bars: list[Bar]
    num_left_out: int
    is_empty: bool


@dataclass(frozen=True, kw_only=True)
class ShownExample:
    """One example with what one or more methods say of it."""

    where: str
    truth: str
    prediction: str
    sure: str
    is_right: bool
    views: list[View]


def shown_explanations(data: ReportData) -> list[ShownExample]:
    """In the given order; explanations of the same example by several methods share a card."""
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for row in data.explanations:
        groups.setdefault(str(row.get("where", "")), []).append(row)
    return [_shown(where, rows, data.target_kind == "number") for where, rows in groups.items()]


def tone(weight: float, largest: float, *, positive: str = "for") -> str:
    """The class of the style sheet for a weight: "for1" to "for4", "against1" to "against4", or none.

    >>> tone(2.0, 2.0), tone(-0.9, 2.0), tone(0.1, 2.0), tone(0.0, 0.0)
    ('for4', 'against2', '', '')
    """
    share = abs(weight) / largest if largest > 0 else 0.0
    if not share >= 0.1:  # also where it is no number
        return ""
    return f"{positive if weight > 0 else 'against'}{min(4, math.ceil(4 * share))}"


def _shown(where: str, rows: Sequence[Mapping[str, Any]], is_number: bool) -> ShownExample:
    first = rows[0]
    probability, truth = first.get("probability"), str(first.get("truth", ""))
    prediction = str(first.get("prediction", ""))
    return ShownExample(
        where=where,
        truth=truth,
        prediction=prediction,
        sure="" if probability is None else f"{percent(float(probability))} sure",
        is_right=is_number or not truth or truth == prediction,
        views=[_view(row) for row in rows],
    )


def _view(row: Mapping[str, Any]) -> View:
    words = [(str(text), float(weight)) for text, weight in row.get("words", ())]
    cells = [[float(w) for w in line] for line in row.get("heat", ())]
    steps = [float(w) for w in row.get("steps", ())]
    columns = [(str(name), str(value), float(weight)) for name, value, weight in row.get("columns", ())]
    weights = [*(w for _, w in words), *(w for line in cells for w in line), *steps, *(w for _, _, w in columns)]
    largest = max((abs(w) for w in weights if math.isfinite(w)), default=0.0)
    picture = str(row.get("picture", ""))
    positive = "seen" if row.get("unit") == "share of attention" else "for"  # attention is not for anything
    top = sorted(columns, key=lambda column: -abs(column[2]))[:MOST_COLUMNS]
    return View(
        title=str(row.get("title", "")),
        citation=str(row.get("citation", "")),
        scope=str(row.get("scope", "")),
        unit=UNITS.get(str(row.get("unit")), str(row.get("unit", ""))),
        words=[
            Word(
                text=text.rstrip(),
                space=text[len(text.rstrip()) :],
                tone=tone(w, largest, positive=positive),
                weight=number(w),
            )
            for text, w in words
        ],
        picture=picture if is_png(picture) else "",
        overlay=heat.overlay(cells, largest, positive=positive) if is_png(picture) and largest > 0 else "",
        bands=bands.draw(
            [float(v) for v in row.get("series", ())], [tone(w, largest, positive=positive) for w in steps]
        ),
        bars=[
            Bar(name=n, value=v, weight=number(w), drawn=bars.draw(w, largest, positive=positive)) for n, v, w in top
        ],
        num_left_out=len(columns) - len(top),
        is_empty=largest == 0.0,
    )
