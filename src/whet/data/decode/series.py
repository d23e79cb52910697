"""Series: float32 (M, C, T), NaN after each series' end and where missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from whet.data.columns import SeriesColumn
from whet.data.decode.decoder import Decoded, decoders
from whet.data.raw import Raw
from whet.data.schema import Column
from whet.data.store import MakeArray
from whet.errors import DataError

__all__ = ["Series"]

_ROWS = 4096  # rows copied at a time: the source may be larger than memory


@dataclass(frozen=True)
class Series:
    """Infinities become missing; a series without a single value is left out. Lengths may differ from the schema's."""

    def decode(self, column: Column, raw: Raw, make: MakeArray) -> Decoded:
        """One array ``values`` (M, C, T)."""
        source = _three_axes(raw.arrays[column.name])
        if source.shape[1] != column.series_shape[0]:
            raise DataError(
                f"{raw.origin}, series {column.name!r}: {source.shape[1]} channels, but the schema says "
                f"{column.series_shape[0]}. Give the same channels in the same order."
            )
        values = make("values", source.shape, np.float32)
        faults: dict[int, str] = {}
        for start in range(0, len(source), _ROWS):
            block = np.asarray(source[start : start + _ROWS], dtype=np.float32)
            finite = np.isfinite(block)
            values[start : start + len(block)] = np.where(finite, block, np.float32("nan"))
            blank = np.flatnonzero(~finite.any(axis=(1, 2)))
            faults.update((start + int(r), "the series holds no finite value") for r in blank)
        return Decoded(arrays={"values": values}, faults=faults)

    def view(self, column: Column, arrays: Mapping[str, np.ndarray], rows: np.ndarray) -> SeriesColumn:
        """A view of the kept rows."""
        return SeriesColumn(arrays["values"], rows)


def _three_axes(values: np.ndarray) -> np.ndarray:
    return values[:, None, :] if values.ndim == 2 else values


decoders.register("series")(Series())
