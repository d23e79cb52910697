"""The most confident mistakes as cards: picture, series or text, with truth, answer and confidence."""

from __future__ import annotations

import re
from dataclasses import dataclass

from markupsafe import Markup

from whet.report.amounts import number, percent
from whet.report.data import Mistake, ReportData
from whet.report.plots import sparkline

__all__ = ["Shown", "is_png", "shown_mistakes"]

PNG = re.compile(r"data:image/png;base64,[A-Za-z0-9+/]+={0,2}")
LARGEST = 200_000  # characters of a thumbnail: twelve of them must not fill the page


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One mistake, ready for the template."""

    where: str
    truth: str
    predicted: str
    how: str  # "98 % sure" or "off by 1,204"
    text: str
    picture: str  # a data URI, or empty
    series: Markup


def shown_mistakes(data: ReportData) -> list[Shown]:
    """In the given order."""
    return [_shown(mistake, data.target_kind) for mistake in data.mistakes]


def _shown(mistake: Mistake, target_kind: str) -> Shown:
    numeric = target_kind == "number"
    return Shown(
        where=mistake.where,
        truth=_tidy(mistake.truth) if numeric else mistake.truth,
        predicted=_tidy(mistake.predicted) if numeric else mistake.predicted,
        how=f"off by {number(mistake.confidence)}" if numeric else f"{percent(mistake.confidence)} sure",
        text=mistake.text,
        picture=mistake.thumbnail if is_png(mistake.thumbnail) else "",
        series=sparkline.draw(mistake.series),
    )


def is_png(uri: str) -> bool:
    """Whether it is a data URI of a PNG and of nothing else, and small enough for the page."""
    return len(uri) <= LARGEST and PNG.fullmatch(uri) is not None


def _tidy(value: str) -> str:
    """A number with separators; what is no number stays as it is."""
    try:
        return number(float(value))
    except ValueError:
        return value
