"""Objects fall into Arrow columns, block by block, so that Python objects never hold the whole file."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa

from whet.data.sources.tally import Tally
from whet.errors import DataError

__all__ = ["JsonColumns"]

_BLOCK_ROWS = 10_000


class JsonColumns:
    """Add objects, then take the ``table``.

    >>> columns = JsonColumns()
    >>> columns.add({"a": 1})
    >>> columns.add({"b": "x"})
    >>> columns.table(Tally("x")).to_pydict()
    {'a': [1, None], 'b': [None, 'x']}
    """

    def __init__(self) -> None:
        self._block: list[dict[str, Any]] = []
        self._num_done = 0
        self._chunks: dict[str, list[pa.Array]] = {}  # in order of first appearance

    def add(self, row: dict[str, Any]) -> None:
        """One example."""
        self._block.append(row)
        if len(self._block) == _BLOCK_ROWS:
            self._convert_block()

    def table(self, tally: Tally) -> pa.Table:
        """All examples; columns that had to become text are remarked in ``tally``."""
        self._convert_block()
        columns = {}
        for name, chunks in self._chunks.items():
            column = _unify(chunks)
            if column is None:
                column = _as_text(name, chunks, tally.origin)
                what = f"column {name!r} mixes texts, numbers or truth values; all are read as text"
                tally.remark(tally.origin, what)
            columns[name] = column
        return pa.table(columns)

    def _convert_block(self) -> None:
        if not self._block:
            return
        for name in {key: None for row in self._block for key in row}:
            self._chunks.setdefault(name, [pa.nulls(self._num_done)] if self._num_done else [])
        for name, chunks in self._chunks.items():
            chunks.append(_to_arrow([row.get(name) for row in self._block]))
        self._num_done += len(self._block)
        self._block = []


def _to_arrow(values: list[Any]) -> pa.Array:
    try:
        return pa.array(values)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        # Kept as JSON, one text per value, and marked as such by the type; undone once the whole column is known.
        texts = [None if v is None else json.dumps(v, ensure_ascii=False) for v in values]
        return pa.array(texts, pa.large_string())


def _unify(chunks: list[pa.Array]) -> pa.ChunkedArray | None:
    """One column of the chunks' common type: equal types, or integers and floats; None where there is none."""
    types = {c.type for c in chunks if not pa.types.is_null(c.type)}
    if pa.large_string() in types:
        return None
    if not types:
        return pa.chunked_array(chunks, pa.null())
    try:
        common = pa.unify_schemas([pa.schema({"c": t}) for t in types], promote_options="permissive").field(0).type
        is_one_kind = len(types) == 1 or not pa.types.is_string(common)
        return pa.chunked_array([c.cast(common) for c in chunks], common) if is_one_kind else None
    except pa.ArrowException:
        return None


def _as_text(name: str, chunks: list[pa.Array], origin: str) -> pa.ChunkedArray:
    values = [value for chunk in chunks for value in _plain(chunk)]
    if any(isinstance(v, list | dict) for v in values):
        raise DataError(
            f"{origin}: column {name!r} mixes lists or objects with other values. "
            "Make every entry a list of equally many numbers, or a plain value."
        )
    texts = [v if v is None or isinstance(v, str) else json.dumps(v) for v in values]
    return pa.chunked_array([pa.array(texts, pa.string())])


def _plain(chunk: pa.Array) -> list[Any]:
    values: list[Any] = chunk.to_pylist()
    if chunk.type != pa.large_string():
        return values
    return [None if v is None else json.loads(v) for v in values]
