"""Datasets on disk for other processes: arrays that are memory-mapped already are named, the rest is written once.

Nothing is pickled: arrays are plain .npy, everything else is JSON. Whoever opens a shelf's folder maps the arrays and
copies none.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import shutil
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

import whet.data.columns as column_types
from whet.data.columns import ColumnData
from whet.data.dataset import Dataset
from whet.data.derived import Derived
from whet.data.schema import Schema
from whet.files import replace_folder, write_text

__all__ = ["Shelf", "open_dataset"]

MANIFEST = "dataset.json"
OTHERS = ("schema", "columns", "fingerprint", "origin", "problems", "derived")
PER_EXAMPLE = tuple(f.name for f in fields(Dataset) if f.name not in OTHERS)  # arrays with one entry per example

READ_FROM_SOURCE = ("groups", "times", "files")  # follow from the fingerprint and the rows


class Shelf:
    """Puts datasets and row numbers into a folder, each once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, data: Dataset) -> Path:
        """The folder that holds ``data``; written unless it is there."""
        arrays = [getattr(data, name) for name in PER_EXAMPLE if name not in READ_FROM_SOURCE]
        place = self.folder / f"data-{_digest(data.fingerprint.encode(), *(_bytes(array) for array in arrays))}"
        if not place.exists():
            replace_folder(place, lambda fresh: _write(data, fresh))
        return place

    def put_rows(self, rows: np.ndarray) -> Path:
        """The file that holds ``rows``; written unless it is there."""
        path = self.folder / f"rows-{_digest(rows.astype('<i8').tobytes())}.npy"
        if not path.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            fresh = path.with_suffix(".fresh.npy")
            np.save(fresh, rows.astype(np.int64), allow_pickle=False)
            fresh.replace(path)
        return path


def open_dataset(place: Path, *, derived: Path) -> Dataset:
    """The dataset in ``place``, memory-mapped.

    ``derived``: folder for values computed per example, the opener's own; it begins with what was known so far.
    """
    plain = json.loads((place / MANIFEST).read_text(encoding="utf-8"))
    if plain["derived"] is not None and not derived.exists() and Path(plain["derived"]).is_dir():
        shutil.copytree(plain["derived"], derived)
    values = {name: _open(entry, place) for name, entry in plain["per_example"].items()}
    return Dataset(
        schema=Schema.from_dict(plain["schema"]),
        columns={name: _open_column(entry, place) for name, entry in plain["columns"].items()},
        fingerprint=plain["fingerprint"],
        origin=plain["origin"],
        derived=Derived(derived),
        **{**values, "rows": np.asarray(values["rows"])},
    )


def _write(data: Dataset, folder: Path) -> None:
    columns = {}
    for number, (name, column) in enumerate(data.columns.items()):
        parts = {f.name: _entry(getattr(column, f.name), folder, f"{number:03d}-{f.name}") for f in fields(column)}
        columns[name] = {"type": type(column).__name__, "parts": parts}
    plain = {
        "version": 1,
        "schema": data.schema.to_dict(),
        "fingerprint": data.fingerprint,
        "origin": data.origin,
        "columns": columns,
        "per_example": {name: _entry(getattr(data, name), folder, name) for name in PER_EXAMPLE},
        "derived": None if data.derived.folder is None else str(data.derived.folder.absolute()),
    }
    write_text(folder / MANIFEST, json.dumps(plain, default=lambda value: value.item()))


def _entry(value: Any, folder: Path, name: str) -> dict[str, Any]:
    """How a value is found again: {"map": ...} of a file that was there, {"npy": ...} written here, or itself."""
    if not isinstance(value, np.ndarray):
        return {"plain": list(value) if isinstance(value, tuple) else value}
    if value.dtype == object:
        return {"objects": value.tolist()}
    mapped = _whole_file(value)
    if mapped is not None:
        path = str(Path(str(mapped.filename)).absolute())
        return {"map": path, "offset": mapped.offset, "dtype": value.dtype.str, "shape": list(value.shape)}
    np.save(folder / f"{name}.npy", value, allow_pickle=False)
    return {"npy": f"{name}.npy"}


def _whole_file(value: np.ndarray) -> np.memmap[Any, Any] | None:
    """The memory map that ``value`` is a plain view of, from the first element to the last."""
    found: Any = value
    while isinstance(found, np.ndarray) and not (isinstance(found, np.memmap) and isinstance(found.base, mmap.mmap)):
        found = found.base
    if not isinstance(found, np.memmap) or found.filename is None or not found.flags.c_contiguous:
        return None
    same = found.ctypes.data == value.ctypes.data and found.strides == value.strides
    return found if same and found.shape == value.shape and found.dtype == value.dtype else None


def _open(entry: Mapping[str, Any], place: Path) -> Any:
    if "plain" in entry:
        return tuple(entry["plain"]) if isinstance(entry["plain"], list) else entry["plain"]
    if "objects" in entry:
        values = np.empty(len(entry["objects"]), dtype=object)
        values[:] = entry["objects"]
        return values
    if "map" in entry:
        shape = tuple(entry["shape"])
        return np.memmap(entry["map"], mode="r", dtype=entry["dtype"], offset=entry["offset"], shape=shape)
    try:
        return np.load(place / entry["npy"], mmap_mode="r", allow_pickle=False)
    except ValueError:  # no bytes to map
        return np.load(place / entry["npy"], allow_pickle=False)


def _open_column(entry: Mapping[str, Any], place: Path) -> ColumnData:
    parts = {name: _open(part, place) for name, part in entry["parts"].items()}
    column: ColumnData = getattr(column_types, entry["type"])(**parts)
    return column


def _bytes(array: np.ndarray | None) -> bytes:
    if array is None:
        return b"none"
    return json.dumps(array.tolist()).encode() if array.dtype == object else array.tobytes()


def _digest(*content: bytes) -> str:
    return hashlib.sha256(b"/".join(content)).hexdigest()[:20]
