"""What was changed in a cleaned copy, line by line: the content of changes.csv."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from whet.auditing.fixing.sheet import write_sheet

__all__ = ["LEFT_OUT", "Change", "write_changes"]

LEFT_OUT = "left out"


@dataclass(frozen=True, slots=True)
class Change:
    """One row left out, one column left out, or one cell changed; or a wish that came to nothing."""

    row: str = ""  # 0-based source row
    file: str = ""
    column: str = ""
    before: str = ""
    after: str = ""
    action: str = ""  # "left out", "column left out", "changed", "emptied", "renamed", "overruled", "not possible"
    check: str = ""
    why: str = ""


def write_changes(path: Path, changes: Iterable[Change]) -> int:
    """Write the list and say how many lines it has."""
    return write_sheet(path, [f.name for f in fields(Change)], (astuple(change) for change in changes))
