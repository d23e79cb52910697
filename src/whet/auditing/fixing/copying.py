"""The data of a cleaned copy, in the form that the user brought."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from whet.auditing.fixing.arrays import rewrite_arrays, write_arrays
from whet.auditing.fixing.change import Change
from whet.auditing.fixing.class_folders import write_class_folders
from whet.auditing.fixing.delimited import write_delimited
from whet.auditing.fixing.json_lines import rewrite_json_lines
from whet.auditing.fixing.named_files import copy_named_files, with_relative_paths
from whet.auditing.fixing.parquet import rewrite_parquet, write_parquet
from whet.auditing.fixing.plan import Plan
from whet.data.raw import Raw
from whet.data.schema import Schema
from whet.data.sources import describe_source, readers
from whet.data.sources.reader import local_path
from whet.data.sources.values import array_of
from whet.errors import DataError

__all__ = ["check_form", "copy_data"]

UNWRITTEN = {
    "ts": "UCR/UEA .ts files",
    "ucr_tsv": "UCR .tsv files",
}  # forms that are read, but not written
SHEETS = ("changes.csv", "review.csv")  # names that the copy needs for itself


def check_form(source: object) -> None:
    """Refuse what no copy can be written of, before any work is done."""
    form = _form(source)
    if form in UNWRITTEN:
        raise DataError(
            f"{describe_source(source)}: {UNWRITTEN[form]} are read, but no cleaned copy of one is written. Save the "
            "series as a NumPy file with np.savez(path, x=series, y=labels) and audit that."
        )


def copy_data(source: Any, raw: Raw, schema: Schema, plan: Plan, folder: Path) -> tuple[Path, list[Change]]:
    """Write the rows that stay below ``folder``; the place of the data, and what else had to change."""
    form, path = _form(source), local_path(source)
    if form == "folder" and path is not None:
        place = folder / (path.resolve().name or "data")
        return place, write_class_folders(raw, plan, place)
    raw, changes = with_relative_paths(raw, schema)
    if path is not None and form in ("delimited", "parquet", "json_lines", "numpy_files"):
        place = folder / (f"data-{path.name}" if path.name.lower() in SHEETS else path.name)
        if changes and form != "delimited":
            raise DataError(f"{raw.origin} names files by absolute paths; make them relative to its folder first.")
        _rewrite(form, raw, plan, path, place)
    else:
        place = _write_new(form, source, raw, plan, folder)
    copy_named_files(raw, schema, np.flatnonzero(plan.keeps(raw.row_numbers)), folder)
    return place, changes


def _form(source: object) -> str | None:
    return next((name for name, reader in readers.items() if reader.matches(source)), None)


def _rewrite(form: str, raw: Raw, plan: Plan, source: Path, place: Path) -> None:
    if form == "delimited":
        write_delimited(raw, plan, source, place)
    elif form == "parquet":
        rewrite_parquet(plan, source, place)
    elif form == "json_lines":
        rewrite_json_lines(raw, plan, source, place)
    else:
        rewrite_arrays(plan, _arrays_of(source), place)


def _arrays_of(path: Path) -> dict[str, np.ndarray]:
    """The arrays of a NumPy file that was read before; the only one of a ``.npy`` is x."""
    if path.suffix.lower() == ".npy":
        return {"x": np.load(path, mmap_mode="r", allow_pickle=False)}
    with path.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def _write_new(form: str | None, source: Any, raw: Raw, plan: Plan, folder: Path) -> Path:
    """What was in memory becomes a Parquet file, or an ``.npz`` file where it is arrays."""
    if form == "arrays":
        place = folder / "data.npz"
        given = source if isinstance(source, dict) else dict(zip("xy", _pair(source), strict=False))
        held = {str(name): array_of(values, str(name)) for name, values in given.items() if values is not None}
        rewrite_arrays(plan, held, place)
    elif all(values.ndim == 3 and values.dtype.kind == "f" for values in raw.arrays.values()):
        place = folder / "data.parquet"
        write_parquet(raw, plan, place)
    else:
        place = folder / "data.npz"
        write_arrays(raw, plan, place)
    return place


def _pair(source: Any) -> tuple[Any, ...]:
    return source if isinstance(source, tuple) else (source,)
