"""An example as a person looks at it, fetched by source row: picture, line, text, values of the columns concerned."""

from __future__ import annotations

import numpy as np

from whet.auditing.inspection import Half
from whet.data.columns import AudioColumn, ImageColumn, SeriesColumn, TextColumn
from whet.report.audit_page import Side
from whet.report.pictures import png_uri

__all__ = ["outline", "position_of", "snapshot"]

LARGEST = 96  # pixels along the longer side of a thumbnail
SNIPPET = 300  # characters of a text
VALUE = 80  # characters of a cell
MOST_VALUES = 8  # columns shown of a row
MOST_CHANNELS = 3  # of a series
POINTS = 230  # of a line: more would not be seen


def snapshot(half: Half, row: int, *, where: str, concerned: tuple[str, ...] = (), with_picture: bool = True) -> Side:
    """The example of source row ``row``; of one that could not be decoded, what the source says."""
    number = position_of(half.data.rows, row)
    values, num_concerned = _values(half, row, concerned)
    return Side(
        where=where,
        label=_written(half, str(half.data.schema.target), row) if half.data.schema.target is not None else None,
        picture=_picture(half, number) if with_picture else "",
        lines=_lines(half, number),
        text=_text(half, number),
        values=values,
        num_concerned=num_concerned,
    )


def position_of(rows: np.ndarray, row: int) -> int | None:
    """Where ``row`` stands among ascending ``rows``; None where it does not.

    >>> position_of(np.array([0, 2, 5]), 2), position_of(np.array([0, 2, 5]), 3)
    (1, None)
    """
    at = int(np.searchsorted(rows, row))
    return at if at < len(rows) and int(rows[at]) == row else None


def outline(wave: np.ndarray, points: int = POINTS) -> tuple[float, ...]:
    """At most ``points`` values that keep every peak: the least and the greatest of each stretch, in turn.

    >>> outline(np.array([0.0, 1.0, 0.5]))
    (0.0, 1.0, 0.5)
    >>> len(outline(np.arange(10_000.0))), max(outline(np.arange(10_000.0)))
    (230, 9999.0)
    """
    ends = np.flatnonzero(np.isfinite(wave))
    wave = wave[: int(ends[-1]) + 1] if len(ends) else wave[:0]  # series are padded with NaN
    if len(wave) <= points:
        return tuple(float(v) for v in wave)
    pieces = np.array_split(wave, points // 2)
    known = [p[np.isfinite(p)] for p in pieces]
    return tuple(float(v) for p in known for v in ((p.min(), p.max()) if len(p) else (np.nan, np.nan)))


def _written(half: Half, column: str, row: int) -> str | None:
    """The cell as the source gave it; None where there is no such column or cell."""
    at = position_of(half.raw.row_numbers, row)
    if at is None or column not in half.raw.table.column_names:
        return None
    value = half.raw.table.column(column)[at].as_py()
    return "(missing)" if value is None else _cut(str(value), VALUE)


def _values(half: Half, row: int, concerned: tuple[str, ...]) -> tuple[tuple[tuple[str, str], ...], int]:
    """(column, value) pairs, those concerned first, and how many these are; columns shown otherwise are left out."""
    schema = half.data.schema
    shown = {n for n, c in half.data.columns.items() if isinstance(c, TextColumn | ImageColumn | AudioColumn)}
    first = [name for name in concerned if name not in shown and name != schema.target]
    others = [c.name for c in schema.features if c.name not in shown and c.name not in first]
    pairs = [(name, _written(half, name, row)) for name in [*first, *others][: max(MOST_VALUES, len(first))]]
    found = tuple((name, value) for name, value in pairs if value is not None)
    return found, sum(name in first for name, _ in found)


def _picture(half: Half, number: int | None) -> str:
    for column in half.data.columns.values():
        if isinstance(column, ImageColumn) and number is not None:
            return png_uri(column.gather(np.array([number]))[0], largest=LARGEST)
    return ""


def _lines(half: Half, number: int | None) -> tuple[tuple[float, ...], ...]:
    """The first channels of the first series, or the outline of the first sound."""
    for column in half.data.columns.values():
        if isinstance(column, SeriesColumn) and number is not None:
            return tuple(outline(channel) for channel in column.gather(np.array([number]))[0][:MOST_CHANNELS])
        if isinstance(column, AudioColumn) and number is not None:
            return (outline(column.waves(np.array([number]))[0]),)
    return ()


def _text(half: Half, number: int | None) -> str:
    if number is None:
        return ""
    columns = {n: c for n, c in half.data.columns.items() if isinstance(c, TextColumn)}
    texts = [(name, column.texts(np.array([number]))[0]) for name, column in columns.items()]
    named = [text if len(texts) == 1 else f"{name}: {text}" for name, text in texts]
    return _cut("\n".join(named), SNIPPET) if any(text for _, text in texts) else "(no text)" if texts else ""


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
