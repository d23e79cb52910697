"""One change that an audit or a person wants, of one row, one cell or one column."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from whet.finding import Edit

__all__ = ["Wish", "wishes_of"]


@dataclass(frozen=True, slots=True)
class Wish:
    """``row`` is a 0-based source row; None for a column as a whole."""

    check: str
    action: Literal["drop_rows", "drop_column", "set_values"]
    row: int | None = None
    column: str = ""
    value: str | None = None  # None empties the cell

    @property
    def key(self) -> tuple[str, str, int | None, str]:
        """What a person's decision on it is found by."""
        return (self.check, self.action, self.row, self.column)


def wishes_of(check: str, edit: Edit) -> Iterator[Wish]:
    """The edit cell by cell, in its order."""
    if edit.action == "drop_column":
        yield Wish(check, edit.action, column=edit.column)
    elif edit.action == "drop_rows":
        yield from (Wish(check, edit.action, row=row) for row in edit.rows)
    else:
        values = edit.values if len(edit.values) == len(edit.rows) else edit.values * len(edit.rows)
        for row, value in zip(edit.rows, values, strict=True):
            yield Wish(check, edit.action, row=row, column=edit.column, value=value)
