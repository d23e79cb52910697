"""A plan as lines of changes.csv: what was left out and changed, before and after, and which check wanted it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from whet.auditing.check import checks
from whet.auditing.fixing.change import LEFT_OUT, Change
from whet.auditing.fixing.plan import Plan, cells_as_written
from whet.auditing.fixing.wish import Wish
from whet.data.raw import Problem, Raw

__all__ = ["changes_of"]


def changes_of(plan: Plan, raw: Raw, problems: Sequence[Problem]) -> Iterator[Change]:
    """Columns, rows and files left out, cells changed, then the wishes that came to nothing."""
    for name, names in plan.columns.items():
        yield Change(column=name, action="column left out", check=" + ".join(names), why=_why(names))
    yield from _rows(plan, raw, problems)
    for problem in problems:
        if problem.row is None:
            yield Change(file=problem.where, action=LEFT_OUT, check="reading", why=_unread(problem))
    for column, wanted in plan.cells.items():
        yield from _cells(raw, column, list(wanted.values()))
    yield from (_vain(wish, "overruled") for wish in plan.overruled)
    yield from (_vain(wish, "not possible") for wish in plan.impossible)


def _rows(plan: Plan, raw: Raw, problems: Sequence[Problem]) -> Iterator[Change]:
    why = {p.row: _unread(p) for p in problems}
    where = {p.row: p.where for p in problems}
    files = _files(raw, sorted(set(plan.rows) & set(raw.row_numbers.tolist())))
    for row in sorted(plan.rows):
        names = plan.rows[row]
        place = files.get(row, where.get(row, ""))
        yield Change(str(row), place, action=LEFT_OUT, check=" + ".join(names), why=why.get(row) or _why(names))


def _cells(raw: Raw, column: str, wishes: list[Wish]) -> Iterator[Change]:
    rows = sorted(wish.row for wish in wishes if wish.row is not None)
    by_row = {wish.row: wish for wish in wishes}
    files = _files(raw, rows)
    for row, before in zip(rows, cells_as_written(raw, column, rows), strict=True):
        wish = by_row[row]
        action = "emptied" if wish.value is None else "changed"
        why = _why((wish.check,))
        yield Change(str(row), files.get(row, ""), column, before or "", wish.value or "", action, wish.check, why)


def _files(raw: Raw, rows: Sequence[int]) -> dict[int, str]:
    """The files that these rows are, where the source is a folder."""
    if raw.id_column is None:
        return {}
    return dict(zip(rows, map(str, cells_as_written(raw, raw.id_column, list(rows))), strict=True))


def _vain(wish: Wish, action: str) -> Change:
    row = "" if wish.row is None else str(wish.row)
    why = (
        "the row or column is left out, or an earlier change won" if action == "overruled" else "there is no such cell"
    )
    return Change(row, "", wish.column, "", wish.value or "", action, wish.check, why)


def _why(names: Iterable[str]) -> str:
    return "; ".join(checks[name].title for name in names if name in checks)


def _unread(problem: Problem) -> str:
    return f"could not be read: {problem.what}"
