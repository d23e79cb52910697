"""The findings of an audit on a terminal; they go to standard output."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.table import Table
from rich.text import Text

from whet.auditing.audit import Audit
from whet.cli.showing import console
from whet.finding import Finding
from whet.report.amounts import count
from whet.report.audit_wording import affected, capital, cost
from whet.report.visible import visible

__all__ = ["print_findings"]

COLOURS = {"severe": "bold red", "moderate": "yellow", "slight": "dim"}


def print_findings(audit: Audit, folder: Path | None = None) -> None:
    """The findings ranked, one line each; then all but the slight ones in full, and where to look."""
    out = console()
    out.print(_opening(audit))
    if audit.findings:
        out.print(_table(audit.findings, audit.unit))
    for finding in [f for f in audit.findings if f.level != "slight"]:
        out.print(Text.assemble((f"{finding.level}: ", COLOURS[finding.level]), _line(finding.statement)))
    for name, why in audit.not_judged.items():
        out.print(Text(f"not judged: {name}: {_line(why)}", style="dim"))
    out.print(Text(f"{count(len(audit.clean), 'check')} found nothing or had nothing to look at."))
    if folder is not None:
        out.print(f"page:     {folder / 'audit.html'}\nfindings: {folder / 'audit.json'}", soft_wrap=True)


def _opening(audit: Audit) -> Text:
    sizes = " and ".join(count(n, f"{part} example") for part, n in audit.num_examples.items())
    found = count(len(audit.findings), "finding") if audit.findings else "nothing wrong found"
    return Text(f"{_line(audit.origin)}: {sizes}; {found}", style="bold")


def _table(findings: Sequence[Finding], unit: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("level", no_wrap=True, min_width=8)
    table.add_column("what", no_wrap=True, overflow="ellipsis", max_width=42)
    table.add_column("examples", no_wrap=True, justify="right", min_width=max(8, *(len(_few(f)) for f in findings)))
    table.add_column("worth", no_wrap=True, min_width=max(5, *(len(_worth(f, unit)) for f in findings)))
    for finding in findings:
        level = Text(finding.level, style=COLOURS[finding.level])
        table.add_row(level, _what(finding), _few(finding), _worth(finding, unit))
    return table


def _what(finding: Finding) -> Text:
    words = Text(capital(finding.title or finding.symptom.replace("_", " ")))
    if finding.column:
        words.append(f" {_line(finding.column)}", style="cyan")
    return words


def _few(finding: Finding) -> str:
    """How many of how many; the share is on the page."""
    return affected(finding).split(" (")[0]


def _worth(finding: Finding, unit: str) -> str:
    """The cost without its interval, which the page has."""
    return "" if finding.cost is None else cost(finding, unit).split(" (")[0]


def _line(text: str) -> str:
    """A text of the data on one line, with nothing in it that a terminal would obey."""
    return visible(" ".join(text.split()))
