"""Examples that come one at a time are stacked into one array, allocated once; shapes must agree."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from whet.data.sources.values import array_of
from whet.errors import DataError

__all__ = ["Stack", "is_picture", "pixels_of"]


def is_picture(value: object) -> bool:
    """Whether ``value`` is a Pillow picture, found out without importing Pillow."""
    return any(c.__module__ == "PIL.Image" and c.__name__ == "Image" for c in type(value).__mro__)


def pixels_of(picture: Any) -> np.ndarray:
    """(H, W, 3) uint8, or (H, W) for a picture in shades of grey."""
    return np.asarray(
        picture if picture.mode in ("L", "RGB") else picture.convert("L" if picture.mode == "1" else "RGB")
    )


class Stack:
    """Up to ``num_examples`` arrays, texts or numbers of one shape.

    >>> stack = Stack(2, "mine")
    >>> stack.add([1.0, 2.0]), stack.add([3.0, 4.0])
    (None, None)
    >>> stack.values().tolist()
    [[1.0, 2.0], [3.0, 4.0]]
    """

    def __init__(self, num_examples: int, where: str) -> None:
        self._size = num_examples
        self._where = where
        self._count = 0
        self._shapes: Counter[tuple[int, ...]] = Counter()
        self._texts: list[Any] = []
        self._values: np.ndarray | None = None

    def add(self, value: Any) -> None:
        """The next example; one of another shape than the first is counted, and ``values`` then refuses."""
        if value is None or isinstance(value, str):
            self._texts.append(value)
        else:
            self._add_array(pixels_of(value) if is_picture(value) else array_of(value, f"{self._where} {self._count}"))
        self._count += 1

    def values(self) -> np.ndarray:
        """(N, ...) of all examples.

        Raises:
            DataError: the examples differ in shape, or mix texts and arrays.
        """
        if len(self._shapes) > 1:
            seen = ", ".join(f"{n} of {s}" for s, n in self._shapes.most_common(3))
            raise DataError(
                f"{self._where}: examples have {len(self._shapes)} different shapes ({seen}). Resize or pad them to "
                "one shape in the dataset's transform, or save pictures into class-named folders and name that folder."
            )
        if self._values is None:
            return np.array(self._texts, dtype=object)
        if self._texts:
            raise DataError(f"{self._where}: {len(self._texts)} examples are texts or missing, and the others arrays.")
        return self._values[: self._count]

    def _add_array(self, array: np.ndarray) -> None:
        self._shapes[array.shape] += 1
        if self._values is None:
            self._values = np.empty((self._size, *array.shape), array.dtype)
        if array.shape != self._values.shape[1:]:
            return
        common = np.result_type(self._values.dtype, array.dtype)
        if common != self._values.dtype:  # an int where there were floats fits; a float where there were ints widens
            self._values = self._values.astype(common)
        self._values[self._count] = array
