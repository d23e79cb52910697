"""An audit becomes its page: names of checks in words, and the examples of each finding fetched from the data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import whet
from whet.auditing.audit import Audit
from whet.auditing.check import checks
from whet.auditing.inspection import Half, Inspection
from whet.auditing.snapshots import snapshot
from whet.data.raw import Problem
from whet.evaluation.metric import metrics
from whet.finding import Example, Finding, Part
from whet.report.audit_page import AuditPage, Case, Section, Side, write_audit_page

__all__ = ["page_of", "write_page"]

MOST_CASES = 24  # of one finding
MOST_PICTURE_BYTES = 8_000_000  # on the whole page; later cards go without, so that the page still opens at once


def write_page(audit: Audit, inspection: Inspection, path: Path) -> None:
    """Write the page whole or not at all."""
    write_audit_page(page_of(audit, inspection), path)


def page_of(audit: Audit, inspection: Inspection) -> AuditPage:
    """Everything the page shows."""
    schema = inspection.data.schema
    return AuditPage(
        title=audit.origin,
        test_title=audit.test_origin,
        target=audit.target,
        modality=str(schema.modality),
        metric_title="" if audit.metric is None else metrics[audit.metric].title,
        unit=audit.unit,
        num_examples=audit.num_examples,
        sections=tuple(_sections(audit.findings, inspection)),
        not_judged=tuple((_title(name), why) for name, why in audit.not_judged.items()),
        clean=tuple(map(_title, audit.clean)),
        set_aside=tuple((p.where, p.what) for p in _problems(inspection)),
        quick=audit.quick,
        timings=audit.timings,
        seconds=audit.seconds,
        seed=audit.seed,
        environment={"whet": whet.__version__},
    )


def _title(name: str) -> str:
    """What the check looks for; a check of the user's own goes by its name."""
    return checks[name].title if name in checks else name.replace("_", " ")


def _problems(inspection: Inspection) -> list[Problem]:
    return [*inspection.data.problems, *(() if inspection.test is None else inspection.test.data.problems)]


def _sections(findings: Iterable[Finding], inspection: Inspection) -> Iterator[Section]:
    left = MOST_PICTURE_BYTES
    for finding in findings:
        cases = []
        for example in _examples(finding, inspection):
            case = _case(example, finding, inspection, with_picture=left > 0)
            left -= sum(len(side.picture) for side in case.sides)
            cases.append(case)
        light = replace(finding, rows=(), edits=(), examples=())
        yield Section(finding=light, num_listed=len(finding.rows), cases=tuple(cases))


def _examples(finding: Finding, inspection: Inspection) -> tuple[Example, ...]:
    """Those that the check chose, or else the surest rows."""
    if finding.examples or _half(inspection, finding.part) is None:
        return finding.examples[:MOST_CASES]
    return tuple(Example(where=f"row {row}", part=finding.part, row=row) for row in finding.rows[:MOST_CASES])


def _case(example: Example, finding: Finding, inspection: Inspection, *, with_picture: bool) -> Case:
    ends = [(example.part, example.row, example.where)]
    if example.partner is not None:
        ends.append((example.partner_part, example.partner, ""))
    sides = [_side(inspection, part, row, where, finding, with_picture) for part, row, where in ends]
    return Case(what=example.what, sides=tuple(sides))


def _side(
    inspection: Inspection, part: Part, row: int | None, where: str, finding: Finding, with_picture: bool
) -> Side:
    half = _half(inspection, part)
    if half is None or row is None:
        return Side(where=where)
    marked = "test: " if part == "test" and not where.startswith("test") else ""
    return snapshot(
        half,
        row,
        where=marked + (where or _place(half, row)),
        concerned=_concerned(finding.column, half),
        with_picture=with_picture,
    )


def _half(inspection: Inspection, part: Part) -> Half | None:
    return inspection.train if part == "train" else inspection.test


def _place(half: Half, row: int) -> str:
    """How a person would point at a row: its file or its number."""
    at = half.data.rows.searchsorted(row)
    known = at < len(half.data) and half.data.rows[at] == row
    return str(half.data.files[at]) if known and half.data.files is not None else f"row {row}"


def _concerned(column: str, half: Half) -> tuple[str, ...]:
    """The columns that a finding names: one, or several with commas between."""
    known = half.raw.table.column_names
    names = [column] if column in known else column.split(", ")
    return tuple(name for name in names if name in known)
