"""Write the report: one HTML file that opens anywhere, offline, without scripts."""

from __future__ import annotations

from pathlib import Path

from whet.files import write_text
from whet.report.data import ReportData
from whet.report.page import page

__all__ = ["write_report"]


def write_report(data: ReportData, path: Path) -> None:
    """Write ``path`` whole or not at all; its folder must exist.

    Takes about two seconds on one core, most of it plots. The same data give the same bytes.
    """
    write_text(path, page(data))
