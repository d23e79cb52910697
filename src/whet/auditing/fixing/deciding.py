"""Which edits of an audit are carried out, and which wait for a person on the review list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from whet.auditing.audit import Audit
from whet.auditing.fixing.plan import cells_as_written
from whet.auditing.fixing.wish import Wish, wishes_of
from whet.auditing.inspection import Inspection
from whet.auditing.review import ReviewLine, refuse
from whet.data.raw import Raw
from whet.finding import Edit, Finding

__all__ = ["Labels", "decide"]

Labels = Literal["review", "drop", "relabel"]


def decide(
    audit: Audit, inspection: Inspection, labels: Labels, reviewed: Sequence[ReviewLine], review_name: str
) -> tuple[list[Wish], list[ReviewLine]]:
    """The wishes to carry out, the most important first, and the review list.

    A person's decisions come first, then what is certain, finding by finding in their ranking. Suspected labels that
    no person decided on are dropped or replaced where ``labels`` says so.
    """
    raw, target = inspection.train.raw, audit.target if inspection.is_classes else None
    _check_fit(reviewed, raw, review_name)
    wishes = [wish for line in reviewed if (wish := line.decided()) is not None]
    known = {line.wish.key for line in reviewed}
    waiting: list[tuple[Wish, Finding]] = []
    for finding in audit.findings:
        for edit in finding.edits if finding.part == "train" else ():
            for wish in wishes_of(finding.symptom, edit):
                if edit.certain:
                    wishes.append(wish)
                elif wish.key in known:
                    continue
                elif labels != "review" and _is_label(finding, edit, target):
                    wishes.append(wish if labels == "relabel" else Wish(wish.check, "drop_rows", wish.row))
                else:
                    waiting.append((wish, finding))
    return wishes, [*reviewed, *_lines(waiting, raw)]


def _is_label(finding: Finding, edit: Edit, target: str | None) -> bool:
    """Whether the edit is about an example's label being wrong."""
    if target is None or edit.action == "drop_column":
        return False
    return edit.column == target if edit.action == "set_values" else finding.symptom == "label_errors"


def _lines(waiting: Sequence[tuple[Wish, Finding]], raw: Raw) -> Iterator[ReviewLine]:
    """With what the source says now, fetched column by column."""
    columns = {wish.column for wish, _ in waiting} & set(raw.table.column_names)
    present: dict[tuple[str, int | None], str | None] = {}
    for column in (*columns, *([raw.id_column] if raw.id_column else [])):
        rows = [w.row for w, _ in waiting if w.row is not None and (w.column == column or column == raw.id_column)]
        values = cells_as_written(raw, column, rows)
        present.update(((column, row), value) for row, value in zip(rows, values, strict=True))
    for wish, finding in waiting:
        yield ReviewLine(
            wish=wish,
            file=present.get((raw.id_column or "", wish.row)) or "",
            current=present.get((wish.column, wish.row)) or "",
            confidence="" if finding.confidence is None else f"{finding.confidence:.2f}",
        )


def _check_fit(reviewed: Sequence[ReviewLine], raw: Raw, name: str) -> None:
    """A list made from other data, or spoilt by a spreadsheet program, is refused."""
    lines = [line for line in reviewed if line.decision in ("apply", "drop")]
    known_rows = set(raw.row_numbers.tolist()) if lines else set()
    faults = [
        f"row {line.wish.row} is not in {raw.origin}"
        for line in lines
        if line.wish.row is not None and line.wish.row not in known_rows
    ]
    named = {line.wish.column for line in lines if line.wish.column}
    faults += [f"column {c!r} is not in {raw.origin}" for c in sorted(named - set(raw.table.column_names))]
    for column in sorted(named & set(raw.table.column_names)):
        about = [li for li in lines if li.wish.column == column and li.wish.row in known_rows]
        cells = cells_as_written(raw, column, [li.wish.row for li in about if li.wish.row is not None])
        faults += [
            f"row {line.wish.row}, column {column!r} holds {cell!r}, but the list was made where it held "
            f"{line.current!r}"
            for line, cell in zip(about, cells, strict=True)
            if not _same(line.current, cell or "")
        ]
    refuse(faults, name)


def _same(listed: str, present: str) -> bool:
    """Equal, or the same number: spreadsheet programs rewrite 1.0 as 1, and True as TRUE."""
    if listed.casefold() == present.casefold():
        return True
    try:
        return float(listed) == float(present)
    except ValueError:
        return False
