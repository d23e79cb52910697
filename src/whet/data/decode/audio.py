"""Sounds: all samples on end as float32, each at its own rate; unreadable ones are reported.

Two passes, so that memory is bounded by one block of samples: headers give the lengths, then samples are streamed
into place. Nothing is resampled or scaled: clipping, level and band limits are what an audit looks for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from whet.data.columns import AudioColumn
from whet.data.decode.decoder import Decoded, decoders
from whet.data.decode.sounds import SoundHeader, mono_blocks, probe_sound, sound_path
from whet.data.raw import Raw
from whet.data.schema import Column
from whet.data.sources.tally import snippet
from whet.data.store import MakeArray

__all__ = ["Sounds"]

_LONG_NAME = 255


@dataclass(frozen=True)
class Sounds:
    """Every sound is decoded once, its channels averaged."""

    def decode(self, column: Column, raw: Raw, make: MakeArray) -> Decoded:
        """``flat`` (samples,) float32, ``offsets`` (M + 1,), ``rates`` (M,) and ``channels`` (M,), 0 for a fault."""
        headers, faults = _probed(column, raw)
        offsets = make("offsets", (raw.num_rows + 1,), np.int64)
        rates = make("rates", (raw.num_rows,), np.int32)
        channels = make("channels", (raw.num_rows,), np.int8)
        for row, header in headers.items():
            offsets[row + 1], rates[row], channels[row] = header.num_samples, header.rate, header.channels
        np.cumsum(offsets, out=offsets)
        flat = make("flat", (int(offsets[-1]),), np.float32)
        faults.update(_read(column, raw, headers, flat, offsets))
        arrays = {"flat": flat, "offsets": offsets, "rates": rates, "channels": channels}
        return Decoded(arrays=arrays, faults=dict(sorted(faults.items())))

    def view(self, column: Column, arrays: Mapping[str, np.ndarray], rows: np.ndarray) -> AudioColumn:
        """A view of the kept rows."""
        offsets, rates, channels = (np.asarray(arrays[name]) for name in ("offsets", "rates", "channels"))
        return AudioColumn(arrays["flat"], offsets, rates, channels, rows)


def _probed(column: Column, raw: Raw) -> tuple[dict[int, SoundHeader], dict[int, str]]:
    headers: dict[int, SoundHeader] = {}
    faults: dict[int, str] = {}
    names = (name for chunk in raw.table.column(column.name).chunks for name in chunk.to_pylist())
    for row, name in enumerate(names):
        try:
            headers[row] = probe_sound(sound_path(name, raw.root))
        except Exception as error:  # damaged sounds raise nearly anything; each one is reported, none is lost
            faults[row] = _fault(name, error)
    return headers, faults


def _read(
    column: Column, raw: Raw, headers: Mapping[int, SoundHeader], flat: np.ndarray, offsets: np.ndarray
) -> dict[int, str]:
    faults: dict[int, str] = {}
    names = raw.table.column(column.name)
    for row, header in headers.items():
        name, place = names[row].as_py(), int(offsets[row])
        try:
            for block in mono_blocks(sound_path(name, raw.root), header):
                flat[place : place + len(block)] = block
                place += len(block)
        except Exception as error:  # as above: what only decoding can find, such as NaN or a broken frame
            faults[row] = _fault(name, error)
    return faults


def _fault(name: str | None, error: Exception) -> str:
    shown = name if name is None else snippet(name, _LONG_NAME)
    return f"sound {shown} cannot be read: {str(error)[:300] or type(error).__name__}"


decoders.register("audio")(Sounds())
