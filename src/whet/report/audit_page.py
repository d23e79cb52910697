"""The page of an audit: what is wrong with the data, with examples, what it costs, and how it was found.

Plain values only, so that this room knows nothing of checks. The page is one file; it loads nothing and runs nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from whet.files import write_text
from whet.finding import Finding

__all__ = ["AuditPage", "Case", "Section", "Side", "audit_html", "write_audit_page"]


@dataclass(frozen=True, kw_only=True)
class Side:
    """One example as a person looks at it."""

    where: str
    label: str | None = None  # its target as written; None without one
    picture: str = ""  # a data URI of a PNG, or empty
    lines: tuple[tuple[float, ...], ...] = ()  # channels of a series, or the outline of a sound
    text: str = ""
    values: tuple[tuple[str, str], ...] = ()  # (column, value as written), the columns concerned first
    num_concerned: int = 0  # how many of ``values`` are of columns that the finding is about


@dataclass(frozen=True, kw_only=True)
class Case:
    """One card of a gallery: an example, or a pair side by side."""

    what: str
    sides: tuple[Side, ...]


@dataclass(frozen=True, kw_only=True)
class Section:
    """A finding, without its long lists, and the examples that show it."""

    finding: Finding
    num_listed: int = 0  # source rows that audit.json lists
    cases: tuple[Case, ...] = ()


@dataclass(frozen=True, kw_only=True)
class AuditPage:
    """Everything the page shows."""

    title: str
    test_title: str | None
    target: str | None
    modality: str
    metric_title: str
    unit: str  # of the metric: "fraction" or "target"
    num_examples: Mapping[str, int]  # by part
    sections: tuple[Section, ...]  # ranked, the worst first
    not_judged: tuple[tuple[str, str], ...]  # what was looked for, why it could not be judged
    clean: tuple[str, ...]  # what was looked for and not found
    set_aside: tuple[tuple[str, str], ...]  # where, why it was not read
    quick: Mapping[str, Any]  # the quick model: title, score, low, high, n, seconds; empty where none was trained
    timings: Mapping[str, float]  # seconds by step
    seconds: float
    seed: int
    environment: Mapping[str, str] = field(default_factory=dict)

    def findings(self, level: Literal["severe", "moderate", "slight"]) -> list[Finding]:
        """Those of one level."""
        return [s.finding for s in self.sections if s.finding.level == level]


def audit_html(page: AuditPage) -> str:
    """The whole document; every value of the data passes through the template's escaping."""
    from whet.report import amounts, audit_wording
    from whet.report.audit_gallery import shown_gallery
    from whet.report.rendering import render
    from whet.report.visible import visible_strings

    clean: AuditPage = visible_strings(page)
    return render(
        "audit_page.html",
        version=clean.environment.get("whet", ""),
        styles=("audit.css",),
        page=clean,
        words=audit_wording,
        galleries=[shown_gallery(section.cases) for section in clean.sections],
        score=lambda value: amounts.score(value, clean.unit),
    )


def write_audit_page(page: AuditPage, path: Path) -> None:
    """Write the page whole or not at all."""
    write_text(path, audit_html(page))
