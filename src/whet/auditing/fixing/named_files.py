"""Files that a copy takes along: whole, by their paths, never one over another."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pyarrow as pa

from whet.auditing.fixing.change import Change
from whet.data.decode.named_files import named_file
from whet.data.kinds import Kind
from whet.data.raw import Raw
from whet.data.schema import Schema
from whet.errors import DataError

__all__ = ["copy_file", "copy_named_files", "free_name", "with_relative_paths"]


def with_relative_paths(raw: Raw, schema: Schema) -> tuple[Raw, list[Change]]:
    """Absolute paths to files under the source's folder become relative, so that the copy stands by itself."""
    changes = []
    for column in schema.of_kind(Kind.IMAGE, Kind.AUDIO):
        if column.name not in raw.table.column_names:
            continue
        cells = raw.table.column(column.name).to_pylist()
        moved = [c if c is None or not os.path.isabs(c) else _relative(c, raw.root) for c in cells]
        if moved == cells:
            continue
        at = raw.table.column_names.index(column.name)
        table = raw.table.set_column(at, column.name, pa.array(moved, pa.string()))
        raw = replace(raw, table=table)
        why = "absolute paths became relative to the copy"
        changes.append(Change(column=column.name, action="changed", check="cleaned copy", why=why))
    return raw, changes


def copy_named_files(raw: Raw, schema: Schema, kept: Iterable[int], folder: Path) -> None:
    """Every picture or sound that the rows at the positions ``kept`` name, under its path below ``folder``."""
    at, base = pa.array(kept, pa.int64()), os.path.abspath(raw.root or os.curdir)
    paths: dict[str, None] = {}
    for column in schema.of_kind(Kind.IMAGE, Kind.AUDIO):
        if column.name in raw.table.column_names:
            cells = raw.table.column(column.name).take(at).drop_null().unique().to_pylist()
            paths.update(dict.fromkeys(named_file(cell, raw.root, thing="file") for cell in cells))
    for path in paths:
        copy_file(Path(path), folder / os.path.relpath(path, base))


def copy_file(source: Path, path: Path) -> None:
    """The bytes and the time of change; a copy that would cover another one is refused."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        raise DataError(f"two files of the source would both be {path.name!r} in the copy. Rename one of them.")
    try:
        shutil.copy2(source, path)
    except OSError as error:
        raise DataError(f"{source.name!r} cannot be copied: {error.strerror or error}.") from error


def free_name(wanted: str, taken: set[str]) -> str:
    """A path that no other takes, whatever the case of letters; it is entered in ``taken``.

    >>> taken = set()
    >>> [free_name("cat/1.png", taken), free_name("Cat/1.PNG", taken)]
    ['cat/1.png', 'Cat/1 (2).PNG']
    """
    path, number = PurePosixPath(wanted), 2
    name = str(path)
    while name.casefold() in taken:
        name, number = str(path.with_name(f"{path.stem} ({number}){path.suffix}")), number + 1
    taken.add(name.casefold())
    return name


def _relative(cell: str, root: Path | None) -> str:
    try:
        path = named_file(cell, root, thing="file")
    except DataError:
        return cell
    return Path(os.path.relpath(path, os.path.abspath(root or os.curdir))).as_posix()
