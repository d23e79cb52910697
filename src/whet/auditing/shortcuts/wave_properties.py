"""What can be said about a sound or a series without its shape: loudness, offset, length, silence at the start.

Helps: recordings of one class made with another device, gain or cut. Hurts: series whose level is the message, such
as power drawn; a person has to say which it is.
"""

from __future__ import annotations

import numpy as np

from whet.auditing.shortcuts.example_property import Property
from whet.data.columns import AudioColumn, SeriesColumn

__all__ = ["sound_properties", "wave_properties"]

SILENT = 0.01  # of the loudest point: -40 dB


def wave_properties(column: SeriesColumn, positions: np.ndarray) -> list[Property]:
    """Of the series at ``positions``, each channel on its own."""
    values = column.gather(positions).astype(np.float64)  # (N, C, T)
    waves = [v[np.isfinite(v)] for v in values.reshape(-1, values.shape[2])]
    table = np.array([_described(w) for w in waves]).reshape(len(values), values.shape[1], -1)
    many = values.shape[1] > 1
    return [
        Property(f"{name} of channel {c}" if many else name, kind, table[:, c, i])
        for c in range(values.shape[1])
        for i, (name, kind) in enumerate(NAMED)
        if i != 2 or c == 0  # channels share their length
    ]


def sound_properties(column: AudioColumn, positions: np.ndarray) -> list[Property]:
    """Of the sounds at ``positions``; the rate and the channels of the file as well."""
    table = np.array([_described(w.astype(np.float64)) for w in column.waves(positions)])
    table[:, 2:] /= column.rates[column.rows[positions]][:, None]
    found = [Property(name, kind, table[:, i]) for i, (name, kind) in enumerate(NAMED)]
    found.append(Property("sampling rate of the file", "file", column.rates[column.rows[positions]].astype(np.float64)))
    found.append(Property("channels of the file", "file", column.channels[column.rows[positions]].astype(np.float64)))
    return found


NAMED = (
    ("loudness", "level"),
    ("offset", "level"),
    ("length", "length"),
    ("silence at the start", "silence"),
    ("silence at the end", "silence"),
)


def _described(wave: np.ndarray) -> tuple[float, ...]:
    """Spread, mean, length, silence at both ends; lengths in steps."""
    if not len(wave):
        return (float("nan"),) * len(NAMED)
    loud = np.flatnonzero(np.abs(wave) > SILENT * np.abs(wave).max())
    first, last = (loud[0], loud[-1]) if len(loud) else (len(wave), -1)
    return float(wave.std()), float(wave.mean()), float(len(wave)), float(first), float(len(wave) - 1 - last)
