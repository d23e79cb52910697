"""NumPy files: ``.npz`` with arrays x and y (y may be absent), ``.npy`` with x alone. Pickles are never loaded."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from whet.data.raw import Raw
from whet.data.sources.arrays import as_arrays, from_mapping
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
        if path.suffix.lower() == ".npy":
            held: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
            return held
        # Opened here, since NumPy leaves a damaged archive open.
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (ValueError, EOFError, OSError, KeyError, AttributeError, TypeError, MemoryError) as error:
        if "pickle" in str(error) or "Python objects" in str(error):
            raise DataError(
                f"{path.name} holds pickled Python objects, which can run code when loaded. "
                "Save plain arrays of numbers or texts: x.astype(float), y.astype(str)."
            ) from error
        raise DataError(f"{path.name} is no readable NumPy file: {error}. Save it again with np.savez.") from error
    except (zipfile.BadZipFile, zlib.error, NotImplementedError) as error:
        raise DataError(f"{path.name} is no whole .npz file: {error}. Save it again with np.savez.") from error


readers.register("numpy_files")(NumpyFile())
