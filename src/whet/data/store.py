"""The decode-once store: named .npy arrays in one folder, memory-mapped, published whole or not at all.

Helps: a second run on the same data starts at once, and data larger than memory are read page by page.
Hurts: it doubles the space on disk. Nothing is pickled: arrays are plain .npy, the index is JSON.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from whet.errors import DataError

__all__ = ["MakeArray", "hash_arrays", "make_in_memory", "open_stored", "storing"]

MakeArray = Callable[[str, tuple[int, ...], Any], np.ndarray]  # (name, shape, dtype) -> zeros that can be filled

_INDEX = "index.json"
_HASH_BYTES = 1 << 24  # 16 MB at a time: a column larger than memory is never read whole


def make_in_memory(name: str, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """Arrays that live in memory only."""
    return np.zeros(shape, dtype)


@contextmanager
def storing(folder: Path) -> Iterator[tuple[MakeArray, dict[str, Any]]]:
    """Give a maker of .npy arrays and an empty note; on leaving, write the note and publish everything as ``folder``.

    Everything is written under a temporary name beside ``folder`` and then renamed, so that a killed process leaves
    no half store; when another process published the same folder first, its copy stands.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    work = folder.parent / f".tmp-{uuid.uuid4().hex}"
    work.mkdir()
    made: dict[str, np.ndarray] = {}
    note: dict[str, Any] = {}

    def make(name: str, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
        path = work / f"{len(made):03d}.npy"  # numbered: a column's name may not be a file name
        made[name] = (
            np.lib.format.open_memmap(path, mode="w+", dtype=dtype, shape=shape)
            if 0 not in shape
            else _save_empty(path, shape, dtype)
        )
        return made[name]

    try:
        yield make, note
        _finish(work, made, note)
        _publish(work, folder)
    except OSError as error:
        raise DataError(
            f"cannot write decoded data under {folder.parent}: {error}. Free space or choose another cache folder."
        ) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


def open_stored(folder: Path) -> tuple[dict[str, np.ndarray], dict[str, Any]] | None:
    """The arrays by name, memory-mapped read-only, and the note; None when absent or damaged (then decode again)."""
    try:
        index = json.loads((folder / _INDEX).read_text(encoding="utf-8"))
        arrays = {name: _open_array(folder / entry["file"]) for name, entry in index["arrays"].items()}
        if any(
            list(arrays[n].shape) != e["shape"] or str(arrays[n].dtype) != e["dtype"]
            for n, e in index["arrays"].items()
        ):
            return None
        return arrays, index["note"]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def hash_arrays(arrays: Mapping[str, np.ndarray]) -> str:
    """sha256 over names, types, shapes and content, a few megabytes at a time."""
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = arrays[name]
        digest.update(f"{name}|{array.dtype.str}|{array.shape}|".encode())
        step = max(1, _HASH_BYTES // max(1, array.nbytes // max(1, len(array))))
        for start in range(0, len(array), step):
            digest.update(np.ascontiguousarray(array[start : start + step]).data)
    return digest.hexdigest()


def _save_empty(path: Path, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    empty = np.zeros(shape, dtype)  # an empty file cannot be memory-mapped
    np.save(path, empty, allow_pickle=False)
    return empty


def _open_array(path: Path) -> np.ndarray:
    try:
        return np.asanyarray(np.load(path, mmap_mode="r", allow_pickle=False))
    except ValueError:
        return np.asarray(np.load(path, allow_pickle=False))  # no bytes to map


def _finish(work: Path, made: Mapping[str, np.ndarray], note: Mapping[str, Any]) -> None:
    entries = {}
    for number, (name, array) in enumerate(made.items()):
        if isinstance(array, np.memmap):
            array.flush()
        entries[name] = {"file": f"{number:03d}.npy", "shape": list(array.shape), "dtype": str(array.dtype)}
    with (work / _INDEX).open("w", encoding="utf-8") as file:
        json.dump({"version": 1, "arrays": entries, "note": note}, file)
        file.flush()
        os.fsync(file.fileno())


def _publish(work: Path, folder: Path) -> None:
    if folder.exists() and open_stored(folder) is None:
        shutil.rmtree(folder)  # damaged: replace it
    try:
        work.rename(folder)
    except OSError:
        if open_stored(folder) is None:
            raise
