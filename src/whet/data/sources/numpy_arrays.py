"""Arrays in memory: x alone, a pair (x, y), or a dict of arrays; of NumPy or any library that converts to it."""

from __future__ import annotations

from typing import Any

from whet.data.raw import Raw
from whet.data.sources.arrays import as_arrays, from_mapping
from whet.data.sources.describe import describe_source
from whet.data.sources.frames import is_table
from whet.data.sources.reader import Prefer, readers
from whet.data.sources.values import is_array_like

__all__ = ["Arrays"]


class Arrays:
    """NumPy arrays and tensors."""

    form = "arrays x, (x, y) or a dict of arrays"
    endings = ()

    def matches(self, source: object) -> bool:
        """See ``Reader.matches``."""
        if isinstance(source, dict):
            return bool(source) and all(is_array_like(v) or isinstance(v, list) for v in source.values())
        return _is_features(source) or _is_pair(source)

    def read(self, source: Any, *, prefer: Prefer) -> Raw:
        """See ``Reader.read``."""
        if isinstance(source, dict):
            return from_mapping({str(k): v for k, v in source.items()}, describe_source(source), prefer)
        x, y = source if isinstance(source, tuple) else (source, None)
        return as_arrays(x, y, describe_source(x), prefer)


def _is_features(value: object) -> bool:
    return is_array_like(value) and not is_table(value)


def _is_pair(source: object) -> bool:
    return (
        isinstance(source, tuple)
        and len(source) == 2
        and _is_features(source[0])
        and (source[1] is None or is_array_like(source[1]) or isinstance(source[1], list))
    )


readers.register("arrays")(Arrays())
