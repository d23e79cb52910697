"""The most confident mistakes, with what a person needs to see why."""

from __future__ import annotations

import numpy as np

from whet.data.columns import CategoryColumn, ImageColumn, NumberColumn, SeriesColumn, TextColumn
from whet.data.dataset import Dataset
from whet.report.data import Mistake
from whet.report.pictures import png_uri
from whet.tasks.target import Target

__all__ = ["confident_mistakes"]

SNIPPET = 300  # characters


def confident_mistakes(
    data: Dataset, target: Target, truth: np.ndarray, scores: np.ndarray, *, most: int = 12
) -> list[Mistake]:
    """Classes: wrong with the highest probability; numbers: the largest absolute errors."""
    if target.kind == "number":
        confidence = np.abs(scores[:, 0] - truth)
        order = np.argsort(-confidence, kind="stable")[:most]
    else:
        confidence = scores.max(axis=1)
        wrong = np.flatnonzero(scores.argmax(axis=1) != truth)
        order = wrong[np.argsort(-confidence[wrong], kind="stable")][:most]
    names, predicted = data.names(), target.decode(scores)
    assert data.target is not None
    return [
        Mistake(
            where=names[i],
            truth=str(data.target[i]),
            predicted=f"{predicted[i]:.6g}" if target.kind == "number" else str(predicted[i]),
            confidence=float(confidence[i]),
            text=_text(data, i),
            thumbnail=_thumbnail(data, i),
            series=_series(data, i),
        )
        for i in order.tolist()
    ]


def _text(data: Dataset, i: int) -> str:
    parts = []
    for name, column in data.columns.items():
        if isinstance(column, TextColumn):
            parts.append(column.texts(np.array([i]))[0])
        elif isinstance(column, NumberColumn):
            parts.append(f"{name}={column.values[i]:.6g}")
        elif isinstance(column, CategoryColumn):
            code = int(column.codes[i])
            parts.append(f"{name}={column.labels[code] if code >= 0 else '?'}")
    joined = ", ".join(parts)
    return joined[:SNIPPET] + ("..." if len(joined) > SNIPPET else "")


def _thumbnail(data: Dataset, i: int) -> str:
    for column in data.columns.values():
        if isinstance(column, ImageColumn):
            return png_uri(column.gather(np.array([i]))[0])
    return ""


def _series(data: Dataset, i: int) -> tuple[float, ...]:
    for column in data.columns.values():
        if isinstance(column, SeriesColumn):
            values = column.gather(np.array([i]))[0, 0]
            return tuple(float(v) for v in values[np.isfinite(values)][:500])
    return ()
