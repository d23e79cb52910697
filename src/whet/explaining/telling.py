"""From weights to an explanation: words, cells, steps or columns with their names, and the example to show them on."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np

from whet.bundle.model import Model
from whet.data.columns import (
    CategoryColumn,
    ColumnData,
    DateColumn,
    ImageColumn,
    NumberColumn,
    SeriesColumn,
    TextColumn,
)
from whet.data.dataset import Dataset
from whet.data.kinds import Modality
from whet.data.texts import joined_texts
from whet.explaining.explanation import Explanation
from whet.explaining.method import Weights, methods
from whet.explaining.words import pieces_of, word_spans
from whet.report.pictures import png_uri

__all__ = ["told"]

SNIPPET = 60  # characters of a text in a column
LARGEST = 128  # pixels along a side of the picture that is kept


def told(
    model: Model, pool: Dataset, answer: int | None, scores: np.ndarray, name: str, weights: Weights
) -> Explanation:
    """``scores``: (K,) of the example, which is the first of ``pool``."""
    method, data = methods[name], pool.take(np.array([0]))
    units = {"evidence": "log-odds" if answer is not None else "target"}
    return Explanation(
        where=data.names()[0],
        truth="" if data.target is None else _number(data.target[0]),
        prediction=model.labels[answer] if answer is not None else _number(float(scores[0])),
        probability=float(scores[answer]) if answer is not None else None,
        method=name,
        title=method.title,
        citation=method.citation,
        scope=weights.scope,
        unit=units.get(method.unit, method.unit),
        is_signed=method.is_signed,
        **_parts(data, weights.values),
    )


def _parts(data: Dataset, values: np.ndarray) -> dict[str, Any]:
    rounded = [float(f"{v:.5g}") for v in values.ravel()]
    match data.schema.modality:
        case Modality.TEXT:
            text = joined_texts(data)[0]
            return {"words": tuple(zip(pieces_of(text, word_spans(text)), rounded, strict=True))}
        case Modality.IMAGE:
            width = values.shape[1]
            heat = tuple(tuple(rounded[i : i + width]) for i in range(0, len(rounded), width))
            return {"heat": heat, "picture": _picture(data)}
        case Modality.SERIES:
            return {"steps": tuple(rounded), "series": _series(data)}
        case _:
            names = [c.name for c in data.schema.features]
            said = [_value(data.columns[name]) for name in names]
            return {"columns": tuple(zip(names, said, rounded, strict=True))}


def _value(column: ColumnData) -> str:
    """The column's value in the first row, for people."""
    match column:
        case NumberColumn():
            return _number(float(column.values[0]))
        case CategoryColumn():
            code = int(column.codes[0])
            return column.labels[code] if code >= 0 else "missing" if code == -1 else "unknown"
        case DateColumn():
            seconds = float(column.values[0])
            return "missing" if np.isnan(seconds) else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M")
        case TextColumn():
            text = column.texts(np.array([0]))[0]
            return text if len(text) <= SNIPPET else text[: SNIPPET - 1] + "…"
        case _:
            return ""


def _number(value: object) -> str:
    if not isinstance(value, float):
        return str(value)
    return "missing" if np.isnan(value) else f"{value:.6g}"


def _picture(data: Dataset) -> str:
    column = next(c for c in data.columns.values() if isinstance(c, ImageColumn))
    pixels = column.gather(np.array([0]))[0]
    return png_uri(pixels, largest=LARGEST)


def _series(data: Dataset) -> tuple[float, ...]:
    """The first channel, holes bridged, so that steps and weights stay side by side."""
    column = next(c for c in data.columns.values() if isinstance(c, SeriesColumn))
    values = column.gather(np.array([0]))[0, 0].astype(np.float64)
    known = np.flatnonzero(np.isfinite(values))
    if not len(known):
        return ()
    upto = int(known[-1]) + 1
    return tuple(float(f"{v:.5g}") for v in np.interp(np.arange(upto), known, values[known]))
