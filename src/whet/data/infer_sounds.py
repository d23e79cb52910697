"""What kind of sounds a column names: rates, channels and lengths, in plain words. Nothing is chosen here."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np

from whet.data.decode.sounds import SoundHeader, probe_sound, sound_path
from whet.data.raw import Raw
from whet.data.schema import Column
from whet.errors import DataError

__all__ = ["with_sound_facts"]

_PROBED = 200
_CHANNELS = {1: "mono", 2: "stereo"}


def with_sound_facts(column: Column, raw: Raw) -> Column:
    """The column with the headers of at most 200 evenly spaced sounds told in its reason.

    Raises:
        DataError: none of them can be read.
    """
    names = raw.table.column(column.name).drop_null()
    headers: list[SoundHeader] = []
    last_error = "every value is missing"
    for i in np.linspace(0, len(names) - 1, min(len(names), _PROBED)).astype(np.int64).tolist():
        try:
            headers.append(probe_sound(sound_path(names[i].as_py(), raw.root)))
        except Exception as error:  # decoding meets and reports the same sound again
            last_error = f"{names[i].as_py()!r}: {error}"
    if not headers:
        raise DataError(f"{raw.origin}, column {column.name!r}: no sound can be read; {last_error}.")
    return replace(column, why=f"{column.why}; {_described(headers)}")


def _described(headers: list[SoundHeader]) -> str:
    rates = _counted(Counter(f"{h.rate:,} Hz" for h in headers))
    channels = _counted(Counter(_CHANNELS.get(h.channels, f"{h.channels} channels") for h in headers))
    seconds = np.array([h.num_samples / h.rate for h in headers])
    return f"{rates}, {channels}, {np.median(seconds):.3g} s long by the median, at most {seconds.max():.3g} s"


def _counted(found: Counter[str]) -> str:
    """The only word, or each with how often it was seen, the three most common first."""
    if len(found) == 1:
        return next(iter(found))
    shown = [f"{word} ({count})" for word, count in found.most_common(3)]
    return " and ".join([*shown, f"{len(found) - 3} others"] if len(found) > 3 else shown)
