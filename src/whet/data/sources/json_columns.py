"""Objects fall into Arrow columns, block by block, so that Python objects never hold the whole file."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa

from whet.data.sources.limits import check_columns
from whet.data.sources.tally import Tally
from whet.errors import DataError

__all__ = ["JsonColumns"]

_BLOCK_ROWS = 10_000
_BLOCK_CELLS = 1_000_000
_FREE_CELLS = 10_000_000  # in a block; up to here a table may be as empty as it likes
_MOST_SPREAD = 200  # cells for each value given


class JsonColumns:
    """Add objects, then take the ``table``.

    >>> columns = JsonColumns("x")
    >>> columns.add({"a": 1})
    >>> columns.add({"b": "x"})
    >>> columns.table(Tally("x")).to_pydict()
    {'a': [1, None], 'b': [None, 'x']}
    """

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self._block: list[dict[str, Any]] = []
        self._num_cells = 0  # in the block
        self._num_done = 0
        self._chunks: dict[str, list[pa.Array]] = {}  # in order of first appearance

    def add(self, row: dict[str, Any]) -> None:
        """One example."""
        self._block.append(row)
        self._num_cells += len(row)
        if len(self._block) == _BLOCK_ROWS or self._num_cells > _BLOCK_CELLS:
            self._convert_block()

    def table(self, tally: Tally) -> pa.Table:
        """All examples; columns that had to become text are remarked in ``tally``."""
        self._convert_block()
        if self._num_done and not self._chunks:
            raise DataError(f"{tally.origin} holds {self._num_done:,} objects, all without a key. Nothing can be used.")
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
        names = {key: None for row in self._block for key in row}
        self._check(names)
        for name in names:
            self._chunks.setdefault(name, [pa.nulls(self._num_done)] if self._num_done else [])
        for name, chunks in self._chunks.items():
            chunks.append(_to_arrow([row.get(name) for row in self._block]))
        self._num_done += len(self._block)
        self._block, self._num_cells = [], 0

    def _check(self, names: dict[str, None]) -> None:
        num_columns = len(self._chunks.keys() | names.keys())
        check_columns(num_columns, self._origin)
        if num_columns * len(self._block) > max(_FREE_CELLS, _MOST_SPREAD * self._num_cells):
            keys = f"{self._num_cells / len(self._block):,.0f} keys each on average"
            raise DataError(
                f"{self._origin}: {len(self._block):,} objects have {keys}, but {num_columns:,} different ones in all; "
                "a table of them would be nearly empty and fill memory. Give keys that vary as values, such as "
                '{"key": ..., "value": ...}.'
            )


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
