"""NumPy files: ``.npz`` with arrays x and y (y may be absent), ``.npy`` with x alone. Pickles are never loaded."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from whet.data.raw import Raw
from whet.data.sources.arrays import as_arrays, from_mapping
from whet.data.sources.numpy_archives import arrays_in, check_header
from whet.data.sources.reader import Prefer, existing_file, readers
from whet.errors import DataError

__all__ = ["NumpyFile"]


class NumpyFile:
    """Arrays saved by NumPy."""

    form = "NumPy file"
    endings = (".npz", ".npy")

    def matches(self, source: object) -> bool:
        """See ``Reader.matches``."""
        return existing_file(source, self.endings) is not None

    def read(self, source: object, *, prefer: Prefer) -> Raw:
        """See ``Reader.read``."""
        path = existing_file(source, self.endings)
        assert path is not None, "read follows matches"
        held = _load(path)
        if isinstance(held, np.ndarray):
            return as_arrays(held, None, path.name, prefer)
        return from_mapping(held, path.name, prefer)


def _load(path: Path) -> np.ndarray | Mapping[str, np.ndarray]:
    if path.stat().st_size == 0:
        raise DataError(f"{path.name} is empty. Check that it is the right file and was saved whole.")
    try:
        with path.open("rb") as stream:
            if path.suffix.lower() == ".npz":
                return arrays_in(stream, path.stat().st_size, path.name)
            check_header(stream, path.stat().st_size, path.name)
        held: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
        return held
    except DataError:
        raise
    except Exception as error:  # NumPy parses headers as Python source, so damage raises nearly anything
        why = str(error).strip().rstrip(".")[:200] or type(error).__name__
        raise DataError(f"{path.name} is no whole NumPy file: {why}. Save it again with np.savez.") from error


readers.register("numpy_files")(NumpyFile())
