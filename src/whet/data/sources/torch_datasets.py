"""A map-style PyTorch dataset that yields (x, y) pairs, or x alone: read once, transforms included.

Augmenting transforms would be frozen at one draw; pass the dataset without them, since Whet has its own.
"""

from __future__ import annotations

from typing import Any

from whet.data.raw import Raw
from whet.data.sources.arrays import as_arrays
from whet.data.sources.describe import describe_source
from whet.data.sources.reader import Prefer, readers
from whet.data.sources.stacking import Stack
from whet.errors import DataError

__all__ = ["TorchDataset"]


class TorchDataset:
    """``torch.utils.data.Dataset``, recognised by name so that PyTorch is not imported."""

    form = "a PyTorch dataset of (x, y) pairs"
    endings = ()

    def matches(self, source: object) -> bool:
        """See ``Reader.matches``."""
        return any(c.__module__.startswith("torch.utils.data") for c in type(source).__mro__)

    def read(self, source: Any, *, prefer: Prefer) -> Raw:
        """See ``Reader.read``."""
        origin = describe_source(source)
        if not hasattr(source, "__len__") or not hasattr(source, "__getitem__"):
            raise DataError(f"{origin}: only datasets with a length and numbered examples are read (map-style).")
        size = len(source)
        if size == 0:
            raise DataError(f"{origin} holds no examples.")
        first = _item(source, 0, origin)
        is_pair = isinstance(first, tuple | list) and len(first) == 2
        xs, ys = Stack(size, f"{origin}, x of example"), Stack(size, f"{origin}, y of example")
        for i in range(size):
            x, y = _split(first if i == 0 else _item(source, i, origin), is_pair, f"{origin}, example {i}")
            xs.add(x)
            if is_pair:
                ys.add(y)
        return as_arrays(xs.values(), ys.values() if is_pair else None, origin, prefer)


def _item(source: Any, index: int, origin: str) -> Any:
    try:
        return source[index]
    except Exception as error:  # the user's code: anything may come
        raise DataError(f"{origin}: example {index} cannot be read: {type(error).__name__}: {error}") from error


def _split(item: Any, is_pair: bool, where: str) -> tuple[Any, Any]:
    parts = tuple(item) if isinstance(item, tuple | list) else (item,)
    if isinstance(item, dict) or len(parts) != (2 if is_pair else 1):
        held = f"a {type(item).__name__}" + (f" of {len(parts)}" if len(parts) != 1 else "")
        raise DataError(
            f"{where}: expected {'a pair (x, y), as the first is' if is_pair else 'x or (x, y)'}; got {held}."
        )
    return parts[0], parts[1] if is_pair else None


readers.register("torch_dataset")(TorchDataset())
