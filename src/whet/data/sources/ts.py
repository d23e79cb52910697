"""UCR/UEA ``.ts`` files: one series per line, dimensions split by ":", the class last.

Lengths may differ, values may be missing ("?"), and the class may be absent, as in data to be predicted.
Source: the format of the aeon and sktime libraries and of timeseriesclassification.com.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from whet.data.raw import Raw
from whet.data.sources.byte_stream import lines_of, utf8_blocks
from whet.data.sources.limits import MAX_COLUMNS
from whet.data.sources.reader import Prefer, existing_file, readers
from whet.data.sources.series_rows import pad_series, parse_numbers
from whet.data.sources.tally import Tally, snippet
from whet.data.sources.ts_header import TsHeader, read_header
from whet.errors import did_you_mean

__all__ = ["Ts"]

_LONG = 30  # characters of a label shown
_MANY = 200  # classes; looking for the nearest of more, row by row, takes too long


class Ts:
    """Series in the aeon format."""

    form = "UCR/UEA series file"
    endings = (".ts",)

    def matches(self, source: object) -> bool:
        """See ``Reader.matches``."""
        return existing_file(source, self.endings) is not None

    def read(self, source: object, *, prefer: Prefer) -> Raw:
        """See ``Reader.read``."""
        path = existing_file(source, self.endings)
        assert path is not None, "read follows matches"
        lines = _decoded(path)
        header = read_header(lines, path.name)
        return _rows(lines, header, path.name)


def _decoded(path: Path) -> Iterator[tuple[int, str]]:
    # What is not UTF-8 can only be a label or a comment; as a label it is then not among the declared ones.
    for number, line in enumerate(lines_of(utf8_blocks(path), path.name), start=1):
        yield number, line.decode("utf-8", "backslashreplace").strip()


def _rows(lines: Iterator[tuple[int, str]], header: TsHeader, origin: str) -> Raw:
    tally, series, labels, dimensions = Tally(origin), [], [], header.num_dimensions
    for number, line in lines:
        if not line or line.startswith("#"):
            continue
        try:
            values, label = _row(line, header, dimensions)
        except ValueError as error:
            tally.report(f"{origin} line {number}", f"{error}: {snippet(line)}")
            continue
        dimensions = len(values)
        series.append(values)
        labels.append(label)
        tally.keep()
    problems, rows = tally.close()
    table = pa.table({"label": pa.array(labels, pa.string())})
    return Raw(
        origin=origin,
        table=table if header.has_target else table.select([]),
        arrays={"series": pad_series(series, origin)},
        target="label" if header.has_target else None,
        rows=rows,
        problems=problems,
    )


def _row(line: str, header: TsHeader, num_dimensions: int | None) -> tuple[list[np.ndarray], str | None]:
    parts = line.split(":")
    label = _label(parts.pop(), header) if header.has_target else None
    if len(parts) > MAX_COLUMNS:
        raise ValueError(f"{len(parts):,} dimensions are more than the {MAX_COLUMNS:,} allowed")
    if not parts or (num_dimensions is not None and len(parts) != num_dimensions):
        held = f"{len(parts)} dimension(s)" + (" and a label" if header.has_target else "")
        raise ValueError(f"expected {num_dimensions or 'one or more'} dimension(s), found {held}")
    values = [parse_numbers(part.split(",")) if part.strip() else np.empty(0, np.float32) for part in parts]
    if not any(len(v) for v in values):
        raise ValueError("the series is empty")
    return values, label


def _label(text: str, header: TsHeader) -> str | None:
    label = text.strip()
    if label in ("?", ""):
        return None
    if header.labels and label not in header.known:
        nearest = did_you_mean(label[:_LONG], header.labels) if len(header.labels) <= _MANY else ""
        raise ValueError(f"label {label[:_LONG]!r} is not among the declared classes. {nearest}".rstrip())
    return label


readers.register("ts")(Ts())
