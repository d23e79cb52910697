"""Foreign arrays become NumPy arrays, and those become Arrow columns in which missing is null."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from whet.errors import DataError

__all__ = ["array_of", "column_of", "is_array_like"]

_KINDS = "biufUSTOM"  # bool, integers, floats, strings, bytes, variable strings, objects, dates


def is_array_like(value: object) -> bool:
    """Whether ``value`` is an array or tensor of any library."""
    return hasattr(value, "__array__") and hasattr(value, "shape") and not isinstance(value, np.generic)


def array_of(value: object, where: str) -> np.ndarray:
    """The NumPy array behind an array, tensor or list; memory is shared where possible.

    Raises:
        DataError: the entries have different lengths, or a type that is no column's.
    """
    if hasattr(value, "detach"):  # a PyTorch tensor, known without importing PyTorch
        value = _from_tensor(value)
    try:
        array = value if isinstance(value, np.ndarray) else np.asarray(value)
    except (ValueError, TypeError) as error:
        raise DataError(f"{where}: cannot be made one array: {error}. Pad or resize to one shape.") from error
    if array.dtype.kind not in _KINDS or array.dtype.names is not None:
        raise DataError(f"{where}: values of type {array.dtype} cannot be read; expected numbers, texts or dates.")
    return array


def _from_tensor(tensor: Any) -> np.ndarray:
    tensor = tensor.detach().cpu()
    # NumPy has no bfloat16
    values: np.ndarray = (tensor.float() if str(tensor.dtype) == "torch.bfloat16" else tensor).numpy()
    return values


def column_of(values: np.ndarray, where: str) -> pa.Array:
    """An Arrow column of (N,) values; None and NaN become null.

    >>> column_of(np.array([1.0, np.nan]), "x").to_pylist(), column_of(np.array(["a", None], object), "x").to_pylist()
    ([1.0, None], ['a', None])
    """
    try:
        if values.dtype.kind == "S":
            values = np.char.decode(values, "utf-8")
        if values.dtype.kind in "UT":
            return pa.array(values.tolist(), pa.string())
        return pa.array(np.ascontiguousarray(values), from_pandas=True)
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        raise DataError(
            f"{where}: the values have no common type: {error}. Make them all texts or all numbers."
        ) from error
