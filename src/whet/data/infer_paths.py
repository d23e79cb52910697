"""Whether a column of strings names pictures or sounds, told by endings and by the files that exist."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from whet.data.decode.named_files import named_file
from whet.data.decode.pictures import PICTURE_ENDINGS
from whet.data.decode.sounds import SOUND_ENDINGS
from whet.data.kinds import Kind
from whet.data.schema import Column
from whet.errors import DataError

__all__ = ["path_column"]

_SEEN = 200  # values looked at
_LEAST_SHARE = 0.95  # of them, with a fitting ending
_THINGS = (("picture", PICTURE_ENDINGS, Kind.IMAGE), ("sound", SOUND_ENDINGS, Kind.AUDIO))


def path_column(name: str, present: pa.ChunkedArray, root: Path | None) -> Column | None:
    """The column as paths to pictures or to sounds; ignored if none of the files exists, None if it is no such thing.

    Args:
        present: the values that are not missing.
    """
    picked = np.linspace(0, len(present) - 1, min(len(present), _SEEN)).astype(np.int64)
    few: list[str] = present.take(pa.array(picked)).to_pylist()
    if not few:
        return None
    for thing, endings, kind in _THINGS:
        named = [value for value in few if value.lower().endswith(endings)]
        if len(named) < _LEAST_SHARE * len(few):
            continue
        found = sum(_exists(value, root, thing) for value in named)
        if found == 0:
            why = f"looks like paths to {thing}s, but none of {len(named)} exists under {_shown(root)}"
            return Column(name=name, kind=Kind.IGNORED, why=why)
        why = f"{len(named)} of {len(few)} values looked at end like {thing}s, and {found} exist"
        return Column(name=name, kind=kind, why=why)
    return None


def _exists(value: str, root: Path | None, thing: str) -> bool:
    try:
        return Path(named_file(value, root, thing=thing)).is_file()
    except (DataError, ValueError):
        return False


def _shown(root: Path | None) -> str:
    return "the current folder" if root is None else f"the folder {root.name!r}"
