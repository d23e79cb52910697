"""UCR ``.tsv`` files: no header, the class first, then one value per step, split by tabs.

A ``.tsv`` is taken for one when every cell of its first line is a number; any other has a header and is a table.
Shorter series end in NaN. The class is kept as it is written.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from whet.data.raw import Raw
from whet.data.sources.byte_stream import lines_of, utf8_blocks
from whet.data.sources.dialect import looks_numeric
from whet.data.sources.reader import Prefer, existing_file, readers
from whet.data.sources.series_rows import pad_series, parse_numbers
from whet.data.sources.tally import Tally, snippet
from whet.errors import DataError

__all__ = ["UcrTsv", "is_ucr_tsv"]

_FEWEST_STEPS = 2


class UcrTsv:
    """Series of one dimension, class first."""

    form = "UCR series file"
    endings = (".tsv",)

    def matches(self, source: object) -> bool:
        """See ``Reader.matches``."""
        path = existing_file(source, self.endings)
        return path is not None and is_ucr_tsv(path)

    def read(self, source: object, *, prefer: Prefer) -> Raw:
        """See ``Reader.read``."""
        path = existing_file(source, self.endings)
        assert path is not None, "read follows matches"
        return _read(path)


def is_ucr_tsv(path: Path) -> bool:
    """Whether the first line that is not blank holds nothing but numbers: a class and at least two steps."""
    if path.suffix.lower() != ".tsv":
        return False
    try:
        cells = next((line.split(b"\t") for line in lines_of(utf8_blocks(path), path.name) if line.strip()), [])
    except DataError:
        return False  # reading it as a table reports the same fault
    return len(cells) > _FEWEST_STEPS and looks_numeric([c.decode("latin-1") for c in cells])


def _read(path: Path) -> Raw:
    tally, series, labels = Tally(path.name), [], []
    for number, line in enumerate(lines_of(utf8_blocks(path), path.name), start=1):
        text = line.decode("utf-8", "backslashreplace").rstrip("\r\n")
        if not text.strip():
            continue
        try:
            label, values = _row(text)
        except ValueError as error:
            tally.report(f"{path.name} line {number}", f"{error}: {snippet(text)}")
            continue
        series.append([values])
        labels.append(label)
        tally.keep()
    problems, rows = tally.close()
    return Raw(
        origin=path.name,
        table=pa.table({"label": pa.array(labels, pa.string())}),
        arrays={"series": pad_series(series, path.name)},
        target="label",
        rows=rows,
        problems=problems,
    )


def _row(text: str) -> tuple[str, np.ndarray]:
    label, *cells = text.split("\t")
    if len(cells) < _FEWEST_STEPS:
        raise ValueError(
            f"expected a class and at least {_FEWEST_STEPS} values split by tabs, found {len(cells)} values"
        )
    if not looks_numeric([label]):
        raise ValueError(f"the class {label[:30]!r} is not a number as in the first line")
    values = parse_numbers(cells)
    if np.isnan(values).all():
        raise ValueError("all values are missing")
    return label.strip(), values


readers.register("ucr_tsv")(UcrTsv())
