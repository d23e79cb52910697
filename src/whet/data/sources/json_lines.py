"""JSON lines (one object per line) and JSON arrays of objects; a key is a column, an absent key is null.

A line that is no object is reported with its number. Types are those of the values; a column of mixed texts and
numbers becomes text, with a remark. Held in memory, at about the size of the file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

from whet.data.raw import Raw
from whet.data.sources.byte_stream import lines_of, utf8_blocks
from whet.data.sources.json_array import items_of
from whet.data.sources.json_columns import JsonColumns
from whet.data.sources.json_text import in_words, parse_json
from whet.data.sources.reader import Prefer, existing_file, readers
from whet.data.sources.tally import Tally, snippet
from whet.data.sources.typed import raw_from_table

__all__ = ["JsonLines"]


class JsonLines:
    """JSON, one object per example."""

    form = "JSON lines file"
    endings = (".jsonl", ".ndjson", ".json", ".jsonl.gz", ".ndjson.gz")

    def matches(self, source: object) -> bool:
        """See ``Reader.matches``."""
        return existing_file(source, self.endings) is not None

    def read(self, source: object, *, prefer: Prefer) -> Raw:
        """See ``Reader.read``."""
        path = existing_file(source, self.endings)
        assert path is not None, "read follows matches"
        tally, columns = Tally(path.name), JsonColumns(path.name)
        for where, value in _values(path, tally):
            if isinstance(value, dict):
                columns.add(
                    value,
                )
                tally.keep()
            else:
                tally.report(where, f"expected an object {{...}}, found {snippet(json.dumps(value))}")
        table = columns.table(tally)
        problems, rows = tally.close()
        return replace(raw_from_table(table, path.name, problems), root=path.parent, rows=rows)


def _values(path: Path, tally: Tally) -> Iterator[tuple[str, Any]]:
    blocks = utf8_blocks(path)
    first = next(blocks, b"")
    if first.lstrip().startswith(b"["):
        yield from items_of(chain([first], blocks), path)
        return
    for number, line in enumerate(lines_of(chain([first], blocks), path.name), start=1):
        if not line.strip():
            continue
        where = f"{path.name} line {number}"
        try:
            value = parse_json(line)
        except (ValueError, RecursionError) as error:
            tally.report(where, f"is no JSON: {in_words(error)}: {snippet(line.strip())}")
            continue
        yield where, value


readers.register("json_lines")(JsonLines())
