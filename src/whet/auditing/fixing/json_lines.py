"""JSON lines again: untouched lines byte for byte, changed ones written anew; an array of objects stays an array."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa

from whet.auditing.fixing.plan import Plan
from whet.data.raw import Raw
from whet.data.sources.byte_stream import lines_of, utf8_blocks
from whet.errors import DataError

__all__ = ["rewrite_json_lines"]


def rewrite_json_lines(raw: Raw, plan: Plan, source: Path, path: Path) -> None:
    """Copy ``source`` with the plan carried out; rows are its objects in order."""
    texts = {f.name for f in raw.table.schema if pa.types.is_string(f.type) or pa.types.is_large_string(f.type)}
    edit = _editor(plan, texts)
    blocks = utf8_blocks(source)
    first = next(blocks, b"")
    whole = chain([first], blocks)
    with path.open("wb") as file:
        out = gzip.GzipFile(fileobj=file, filename="", mode="wb", mtime=0) if path.suffix.lower() == ".gz" else file
        if first.lstrip().startswith(b"["):
            held = (edit(row, value) for row, value in enumerate(json.loads(b"".join(whole))) if row not in plan.rows)
            out.write(b"[\n" + b",\n".join(_dump(value) for value in held) + b"\n]\n")
        else:
            out.writelines(_lines(whole, plan, edit, source.name))
        if out is not file:
            out.close()


def _lines(blocks: Iterator[bytes], plan: Plan, edit: Callable[[int, Any], Any], name: str) -> Iterator[bytes]:
    touched = {row for wanted in plan.cells.values() for row in wanted}
    row = 0
    for line in lines_of(blocks, name):
        if not line.strip():
            continue
        if row not in plan.rows:
            whole = bool(plan.columns) or row in touched
            yield _dump(edit(row, json.loads(line))) + b"\n" if whole else line.rstrip(b"\r\n") + b"\n"
        row += 1


def _editor(plan: Plan, texts: set[str]) -> Callable[[int, Any], Any]:
    """What changes the object of a row; numbers and truth values stay such."""

    def edit(row: int, value: dict[str, Any]) -> dict[str, Any]:
        kept = {key: v for key, v in value.items() if key not in plan.columns}
        for column, wanted in plan.cells.items():
            if row in wanted and column not in plan.columns:
                kept[column] = _typed(wanted[row].value, column, is_text=column in texts)
        return kept

    return edit


def _typed(value: str | None, column: str, *, is_text: bool) -> Any:
    if value is None or is_text:
        return value
    try:
        found = json.loads(value.lower() if value in ("True", "False") else value)
    except ValueError:
        found = value
    if isinstance(found, bool | int | float):
        return found
    raise DataError(f"column {column!r} holds numbers or truth values, and the new value {value!r} is none.")


def _dump(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
