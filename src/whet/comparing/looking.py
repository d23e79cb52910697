"""A quick look at the data: sizes, balance, lengths, and what a linear model makes of them.

Nothing heavier is trained.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from whet.comparing.linear_look import CurveStep, Order, learning_curve, word_order
from whet.data.columns import SeriesColumn
from whet.data.kinds import Kind, Modality
from whet.data.texts import joined_texts, split_words
from whet.improving.prepare import Prepared

__all__ = ["Look", "look_at"]

READ = 5_000  # texts or series whose lengths are read


@dataclass(frozen=True, kw_only=True)
class Look:
    """What was measured; None where it does not apply or was not measured."""

    modality: Modality
    num_train: int
    num_valid: int
    num_sealed: int
    metric: str
    metric_title: str
    unit: str
    class_counts: tuple[int, ...] = ()
    duplicate_share: float = 0.0  # of the examples that have a near-duplicate
    typical_length: float | None = None  # median words or steps of an example
    long_length: float | None = None  # 95th percentile
    covered: float | None = None  # share of validation words that the training texts hold too
    image_size: tuple[int, int, int] | None = None
    num_columns: int | None = None
    baseline: str = ""
    curve: tuple[CurveStep, ...] = ()  # the linear model's, by training examples
    order: Order | None = None  # texts: do word pairs say more than words

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {**asdict(self), "modality": str(self.modality)}


def look_at(prepared: Prepared, *, seed: int) -> Look:
    """Seconds: at most some thousand examples are trained on, and by the linear baseline alone."""
    facts, modality = prepared.facts, prepared.task.modality
    baseline, curve = learning_curve(prepared, seed=seed)
    typical, long = _lengths(prepared)
    _, sizes = np.unique(prepared.clusters, return_counts=True)
    return Look(
        modality=modality,
        num_train=len(prepared.train),
        num_valid=len(prepared.valid),
        num_sealed=prepared.sealed.num,
        metric=prepared.metric.name,
        metric_title=prepared.metric.title,
        unit=prepared.metric.unit,
        class_counts=facts.class_counts,
        duplicate_share=float(sizes[sizes > 1].sum() / sizes.sum()),
        typical_length=typical,
        long_length=long,
        covered=_coverage(prepared) if modality == Modality.TEXT else None,
        image_size=facts.image_size if modality == Modality.IMAGE else None,
        num_columns=len(prepared.schema.features) if modality == Modality.TABLE else None,
        baseline=baseline,
        curve=curve,
        order=word_order(prepared, seed=seed) if modality == Modality.TEXT else None,
    )


def _lengths(prepared: Prepared) -> tuple[float | None, float | None]:
    """Median and 95th percentile: words of a text, steps of a series."""
    data = prepared.data.take(prepared.train[:READ])
    if prepared.task.modality == Modality.TEXT:
        lengths = np.array([len(split_words(text)) - 2 for text in joined_texts(data)])
    elif prepared.task.modality == Modality.SERIES:
        column = data.columns[data.schema.of_kind(Kind.SERIES)[0].name]
        assert isinstance(column, SeriesColumn)
        known = ~np.isnan(column.gather(np.arange(len(data)))).all(axis=1)  # (N, T)
        lengths = np.where(known.any(axis=1), known.shape[1] - np.argmax(known[:, ::-1], axis=1), 0)
    else:
        return None, None
    return float(np.median(lengths)), float(np.quantile(lengths, 0.95))


def _coverage(prepared: Prepared) -> float | None:
    """Of the words in validation texts, how many occur in training texts."""
    known = {word for text in joined_texts(prepared.data.take(prepared.train)) for word in split_words(text)[1:-1]}
    seen = [
        word in known for text in joined_texts(prepared.data.take(prepared.valid)) for word in split_words(text)[1:-1]
    ]
    return float(np.mean(seen)) if seen else None
