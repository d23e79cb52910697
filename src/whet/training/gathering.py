"""What recipes, remedies and symptoms may know about the data, gathered from training examples alone."""

from __future__ import annotations

import numpy as np

from whet.data.columns import ImageColumn
from whet.data.dataset import Dataset
from whet.data.encoders.table_missing import is_missing
from whet.data.kinds import Kind, Modality
from whet.models.mirror import mirror_evidence
from whet.tasks.facts import Facts
from whet.tasks.target import Target
from whet.tasks.task import Task

__all__ = ["gather_facts"]


def gather_facts(task: Task, target: Target, metric: str, train: Dataset, *, seed: int) -> Facts:
    """The facts of training examples that have a target; ``metric``: the primary one, by name."""
    schema = train.schema
    images, series = schema.of_kind(Kind.IMAGE), schema.of_kind(Kind.SERIES)
    assert train.target is not None
    flip_is_safe = None
    if images and target.kind == "classes":
        column = train.columns[images[0].name]
        assert isinstance(column, ImageColumn)
        flip_is_safe = mirror_evidence(column, target.encode(train.target), seed=seed).is_safe
    return Facts(
        modality=task.modality,
        target=target,
        metric=metric,
        num_train=len(train),
        class_counts=tuple(np.bincount(target.encode(train.target), minlength=target.num_outputs).tolist())
        if target.kind == "classes"
        else (),
        image_size=images[0].image_size if images else (0, 0, 0),
        flip_is_safe=flip_is_safe,
        series_shape=series[0].series_shape if series else (0, 0),
        num_numbers=len(schema.of_kind(Kind.NUMBER, Kind.DATE)),
        num_categories=len(schema.of_kind(Kind.CATEGORY)),
        num_dates=len(schema.of_kind(Kind.DATE)),
        num_texts=len(schema.of_kind(Kind.TEXT)),
        num_missing=sum(bool(is_missing(train, c.name).any()) for c in schema.features)
        if task.modality is Modality.TABLE
        else 0,
        most_values=max((len(c.labels) for c in schema.of_kind(Kind.CATEGORY)), default=0),
    )
