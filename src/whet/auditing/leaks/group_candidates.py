"""What might name persons, devices or shops: columns that no model reads, columns named so, and parts of file names.

Only what could be a group by its sizes is offered: several values, most of them on several examples, and not the label
itself in other words. Whether members of a group are alike is for ``group_likeness`` to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from whet.auditing.inspection import Half, Inspection
from whet.auditing.leaks.file_fields import file_fields
from whet.data.kinds import Kind
from whet.data.parse import parse_labels

__all__ = ["GroupCandidate", "group_candidates", "group_values"]

_ENTITY = re.compile(
    r"(^|[_\W])(patient|person|subject|user|speaker|customer|client|member|student|participant|household|account|device|"
    r"machine|sensor|camera|session|store|shop|site|hospital|author|writer|player|driver|vehicle|animal|plate|batch)"
    r"($|[_\W\d])|[_ ](id|uuid)$|[a-z]I[dD]$",
    re.IGNORECASE,
)
MANY_VALUES, MOST_MEMBERS = 20, 100  # a category of a table that is not named so: many values, few members each
MOST_PER_GROUP = 1 / 3  # groups over examples
LEAST_GROUPED = 0.8  # share of examples in groups of two or more


@dataclass(frozen=True, kw_only=True)
class GroupCandidate:
    """``codes`` (N,) int64 of the training examples; every missing value is a group of its own."""

    name: str  # "column 'speaker'", "part 2 of the file name"
    column: str  # empty for parts of file names
    codes: np.ndarray
    values: np.ndarray  # (N,) object, "" where missing

    @property
    def num_groups(self) -> int:
        """Groups."""
        return int(self.codes.max()) + 1


def group_candidates(inspection: Inspection) -> list[GroupCandidate]:
    """By name; none where a group is declared, which settles the matter."""
    if inspection.data.schema.group is not None:
        return []
    found = []
    for name, column, values in _named(inspection):
        codes = _codes(values)
        if _has_sizes(codes) and not _is_label(codes, inspection):
            found.append(GroupCandidate(name=name, column=column, codes=codes, values=values))
    return found


def group_values(half: Half, candidate: GroupCandidate) -> np.ndarray | None:
    """The same column or part of the file name in another half, (M,) object; None where it lacks it."""
    if candidate.column:
        return _written(half, candidate.column) if candidate.column in half.raw.table.column_names else None
    return _fields_of(half).get(candidate.name)


def _named(inspection: Inspection) -> Iterator[tuple[str, str, np.ndarray]]:
    half, schema = inspection.train, inspection.data.schema
    for column in schema.ignored:
        is_left = column.why.startswith(("unused", "id-like")) or bool(_ENTITY.search(column.name))
        if is_left and column.name != schema.time and column.name != half.raw.id_column:
            yield f"column {column.name!r}", column.name, _written(half, column.name)
    for column in schema.of_kind(Kind.CATEGORY, Kind.NUMBER):
        if _ENTITY.search(column.name) or (column.kind is Kind.CATEGORY and len(column.labels) >= MANY_VALUES):
            values = _written(half, column.name) if column.name in half.raw.table.column_names else None
            few = values is not None and len(values) <= MOST_MEMBERS * len(column.labels)
            if values is not None and (few or _ENTITY.search(column.name)):
                yield f"column {column.name!r}", column.name, values
    for name, values in _fields_of(half).items():
        yield name, "", values


def _fields_of(half: Half) -> dict[str, np.ndarray]:
    schema = half.data.schema
    if half.data.files is not None:
        return file_fields(half.data.files.tolist(), has_class_folder=half.raw.target is not None)
    for column in schema.of_kind(Kind.IMAGE, Kind.AUDIO):
        if column.name in half.raw.table.column_names:
            return file_fields(_written(half, column.name).tolist(), has_class_folder=False)
    return {}


def _written(half: Half, name: str) -> np.ndarray:
    words = parse_labels(half.written(name), trim=True)
    return np.asarray(words.to_pandas().fillna("").to_numpy(dtype=object))


def _codes(values: np.ndarray) -> np.ndarray:
    codes = pd.factorize(values)[0].astype(np.int64)
    absent = np.flatnonzero(values == "")
    codes[absent] = (codes.max() if len(codes) else 0) + 1 + np.arange(len(absent))
    return np.asarray(pd.factorize(codes)[0], dtype=np.int64)


def _has_sizes(codes: np.ndarray) -> bool:
    sizes = np.bincount(codes)
    is_many = 2 <= len(sizes) <= MOST_PER_GROUP * len(codes)
    return bool(is_many and sizes[sizes >= 2].sum() >= LEAST_GROUPED * len(codes))


def _is_label(codes: np.ndarray, inspection: Inspection) -> bool:
    """The label in other words, or so near it that some label has a single group only."""
    if not inspection.is_classes:
        return False
    met = np.unique(np.column_stack([inspection.truth, codes]), axis=0)
    return bool(np.bincount(met[:, 0]).min() < 2)
