"""From the encoded features of a table back to its columns.

A date and a text become several numbers, a column that misses values gets a 0/1 number beside it: their weights are
added up. Numbers made of several columns (pairs, crosses, means) belong to no single column; where a network reads
such, the weights cannot be divided fairly and nothing is said.
"""

from __future__ import annotations

import numpy as np

from whet.data.encoders.encoder import Encoder
from whet.data.encoders.table import TableEncoder
from whet.data.encoders.table_dates import DATE_PARTS
from whet.data.schema import Schema

__all__ = ["feature_columns"]


def feature_columns(encoder: Encoder, schema: Schema, weights: np.ndarray) -> np.ndarray | None:
    """(numbers + categories,) weights -> (F,) by feature column of the schema; None where that is not possible."""
    names = _owners(encoder) if isinstance(encoder, TableEncoder) else None
    if names is None or len(names) != len(weights):
        return None
    found = dict.fromkeys((c.name for c in schema.features), 0.0)
    for name, weight in zip(names, weights.tolist()):
        found[name] += weight
    return np.array(list(found.values()))


def _owners(encoder: TableEncoder) -> list[str] | None:
    """The column behind each number, 0/1 numbers included, and each category."""
    features = encoder.features
    if features.num_numbers != features.num_plain:
        return None
    numbers = list(features.numbers)
    numbers += [name for name in features.dates for _ in DATE_PARTS]
    numbers += [name for name, text in features.texts.items() for _ in range(text.num_numbers)]
    flags = [name for name, is_missing in zip(numbers, encoder.scaler.missing_.tolist()) if is_missing]
    return [*numbers, *flags, *features.categories]
