"""The review list: what an audit suspects but is not certain of, for a person to decide, and the decisions read back.

``decision`` is left empty; a person writes "apply" (do what is suggested; the suggestion may be overwritten), "drop"
(leave the row, or the column, out) or "keep" (the audit is wrong here). What stays empty stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from whet.auditing.fixing.sheet import unguarded, write_sheet
from whet.auditing.fixing.wish import Wish
from whet.data.sources.delimited import read_delimited
from whet.errors import DataError, did_you_mean

__all__ = ["DECISIONS", "ReviewLine", "read_review", "write_review"]

HEADER = ("check", "row", "file", "column", "current", "suggestion", "confidence", "action", "decision")
DECISIONS = ("apply", "drop", "keep")
ACTIONS = {"leave the row out": "drop_rows", "leave the column out": "drop_column", "change the value": "set_values"}
MOST_TOLD = 5  # faults of a list told at once


@dataclass(frozen=True, kw_only=True)
class ReviewLine:
    """One suggestion and what a person decided about it."""

    wish: Wish
    file: str = ""
    current: str = ""
    confidence: str = ""
    decision: str = ""  # one of DECISIONS, or empty

    def decided(self) -> Wish | None:
        """The change that follows from the decision; None where there is none."""
        if self.decision == "apply":
            return self.wish
        if self.decision != "drop":
            return None
        wish = self.wish
        is_column = wish.action == "drop_column"
        return Wish(wish.check, "drop_column" if is_column else "drop_rows", wish.row, wish.column if is_column else "")


def write_review(path: Path, lines: Iterable[ReviewLine]) -> int:
    """Write the list and say how many lines it has."""
    words = {action: name for name, action in ACTIONS.items()}
    return write_sheet(path, HEADER, (_cells(line, words[line.wish.action]) for line in lines))


def read_review(path: Path) -> tuple[ReviewLine, ...]:
    """The lines of an edited list, in order; separators and encodings of spreadsheet programs are understood.

    Raises:
        DataError: the file is no review list, or lines of it cannot be understood; all faults are told together.
    """
    if not path.is_file():
        raise DataError(f"there is no review list {str(path)!r}. Name the review.csv that a cleaned copy came with.")
    raw = read_delimited(path)
    missing = [name for name in HEADER if name not in raw.table.column_names]
    if missing:
        raise DataError(
            f"{path.name} has no column {missing[0]!r}, so it is no review list. {did_you_mean(missing[0], HEADER)}"
        )
    faults = [f"{p.where}: {p.what}" for p in raw.problems if not p.kept]
    lines = []
    for number, cells in enumerate(raw.table.select(list(HEADER)).to_pylist(), start=2):
        try:
            lines.append(_line({name: unguarded(value or "") for name, value in cells.items()}))
        except ValueError as fault:
            faults.append(f"{path.name} line {number}: {fault}")
    refuse(faults, path.name)
    return tuple(lines)


def refuse(faults: list[str], name: str) -> None:
    """Raise one error for all faults of a list, where there are any."""
    if faults:
        more = f" and {len(faults) - MOST_TOLD:,} more" if len(faults) > MOST_TOLD else ""
        told = "; ".join(faults[:MOST_TOLD])
        raise DataError(f"{name} cannot be applied: {told}{more}. Correct the list; nothing was written.")


def _cells(line: ReviewLine, action: str) -> tuple[str, ...]:
    wish = line.wish
    row = "" if wish.row is None else str(wish.row)
    value = "" if wish.value is None else wish.value
    return (wish.check, row, line.file, wish.column, line.current, value, line.confidence, action, line.decision)


def _line(cells: dict[str, str]) -> ReviewLine:
    decision, action = cells["decision"].strip().lower(), cells["action"].strip().lower()
    _known(decision, ("", *DECISIONS), "decision")
    _known(action, ACTIONS, "action")
    is_column = ACTIONS[action] == "drop_column"
    row = None if is_column else _number(cells["row"])
    kinds: Callable[[str], Any] = ACTIONS.__getitem__
    value = cells["suggestion"] if ACTIONS[action] == "set_values" and cells["suggestion"] else None
    wish = Wish(cells["check"], kinds(action), row, cells["column"], value)
    kept = {name: cells[name] for name in ("file", "current", "confidence")}
    return ReviewLine(wish=wish, decision=decision, **kept)


def _known(word: str, words: Iterable[str], column: str) -> None:
    if word not in words:
        raise ValueError(f"{column} {word!r} is not known. {did_you_mean(word, [w for w in words if w])}")


def _number(text: str) -> int:
    if not text.strip().isdecimal():
        raise ValueError(f"row {text!r} is no row number")
    return int(text)
