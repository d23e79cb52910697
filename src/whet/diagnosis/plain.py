"""Values as JSON can carry them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

__all__ = ["as_plain"]


def as_plain(value: Any) -> Any:
    """Dataclasses, tuples, NumPy values and small tensors as dictionaries, lists and numbers.

    What is NaN or infinite becomes null, and what JSON has no form for becomes its text.

    >>> as_plain({"a": (1, float("nan")), 2: None})
    {'a': [1, None], '2': None}
    """
    if isinstance(value, str):
        # a lone surrogate cannot be written as UTF-8
        return str(value).encode("utf-8", "backslashreplace").decode("utf-8")
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: as_plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {as_plain(str(k)): as_plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [as_plain(v) for v in value]
    if hasattr(value, "tolist"):  # NumPy values, arrays and tensors
        return as_plain(value.tolist())
    return as_plain(str(value))
