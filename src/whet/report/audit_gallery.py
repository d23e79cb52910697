"""The cards of a finding's gallery, ready for the template: only pictures that are PNG, lines drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from whet.report.audit_page import Case, Side
from whet.report.gallery import is_png
from whet.report.plots import sparkline

__all__ = ["Gallery", "ShownCase", "ShownSide", "shown_gallery"]


@dataclass(frozen=True, kw_only=True)
class ShownSide:
    """One example of a card."""

    side: Side
    picture: str  # a data URI, or empty
    lines: tuple[Markup, ...]


@dataclass(frozen=True, kw_only=True)
class ShownCase:
    """One card."""

    what: str
    sides: tuple[ShownSide, ...]


@dataclass(frozen=True, kw_only=True)
class Gallery:
    """All cards, and how many fit beside each other: words of the style sheet."""

    cases: tuple[ShownCase, ...]
    layout: str


def shown_gallery(cases: Sequence[Case]) -> Gallery:
    """The cards in the given order; pairs, texts and rows of a table need more room than a picture."""
    shown = tuple(ShownCase(what=case.what, sides=tuple(_shown(side) for side in case.sides)) for case in cases)
    wordy = any(side.text or side.values for case in cases for side in case.sides)
    if any(len(case.sides) > 1 for case in cases):
        return Gallery(cases=shown, layout="paired" if wordy else "paired small")
    return Gallery(cases=shown, layout="wide" if wordy else "")


def _shown(side: Side) -> ShownSide:
    return ShownSide(
        side=side,
        picture=side.picture if is_png(side.picture) else "",
        lines=tuple(sparkline.draw(line) for line in side.lines),
    )
