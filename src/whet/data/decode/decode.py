"""Raw columns become a Dataset: decoded once, stored under a key of their content, bad examples set aside by name."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from whet.data.columns import ColumnData
from whet.data.dataset import Dataset
from whet.data.decode.content import content_key
from whet.data.decode.decoder import decoders
from whet.data.decode.steering import read_steering
from whet.data.decode.unreadable import refuse_many
from whet.data.derived import Derived
from whet.data.raw import Problem, Raw
from whet.data.schema import Column, Schema
from whet.data.store import MakeArray, hash_arrays, make_in_memory, open_stored, storing
from whet.errors import DataError

__all__ = ["decode"]


def decode(
    raw: Raw, schema: Schema, *, folder: Path | None, with_target: bool = True, refusing: bool = True
) -> Dataset:
    """Typed columns of every readable example; the others are in ``problems``, each with its row.

    Args:
        folder: where decoded data are kept, memory-mapped, one sub-folder per content; None keeps them in memory.
        with_target: False leaves the target unread, and so no example is set aside for lacking one.
        refusing: False sets any share of unreadable files aside, for an audit that reports them.
    Raises:
        DataError: more than 5 % of the files are unreadable, or nothing is left.
    """
    arrays, note = _decoded(raw, schema, folder, refusing)
    faults = {int(row): what for row, what in note["faults"].items()}
    for column in schema.features if refusing else ():  # again: what was stored may have been decoded for an audit
        refuse_many(faults, column, raw)
    steering = read_steering(raw, schema, faults, with_target=with_target)
    problems = (*raw.problems, *(Problem(**p) for p in note["remarks"]), *steering.problems)
    keep = steering.keep
    return Dataset(
        schema=schema,
        columns={c.name: _view(i, c, arrays, keep) for i, c in enumerate(schema.features)},
        target=steering.target,
        groups=steering.groups,
        times=steering.times,
        rows=raw.row_numbers[keep].astype(np.int64),
        files=steering.files,
        fingerprint=_fingerprint(schema, note["content"], steering.hashed()),
        origin=raw.origin,
        problems=problems,
        derived=Derived(None if folder is None else folder / f"{content_key(raw, schema)}-derived"),
    )


def _decoded(
    raw: Raw, schema: Schema, folder: Path | None, refusing: bool
) -> tuple[Mapping[str, np.ndarray], Mapping[str, Any]]:
    note: dict[str, Any]
    if folder is None:
        note = {}
        return _run(raw, schema, make_in_memory, note, refusing), note
    place = folder / content_key(raw, schema)
    stored = open_stored(place)
    if stored is None:
        with storing(place) as (make, note):
            arrays = _run(raw, schema, make, note, refusing)
        stored = open_stored(place) or (arrays, note)
    return stored


def _run(raw: Raw, schema: Schema, make: MakeArray, note: dict[str, Any], refusing: bool) -> dict[str, np.ndarray]:
    arrays: dict[str, np.ndarray] = {}
    faults: dict[str, str] = {}  # by position in Raw; JSON knows only string keys
    remarks: list[Problem] = []
    for number, column in enumerate(schema.features):

        def make_part(name: str, shape: tuple[int, ...], dtype: Any, *, prefix: str = f"{number}.") -> np.ndarray:
            arrays[prefix + name] = make(prefix + name, shape, dtype)
            return arrays[prefix + name]

        try:
            decoded = decoders[str(column.kind)].decode(column, raw, make_part)
        except pa.ArrowException as error:
            raise DataError(
                f"{raw.origin}: column {column.name!r} should hold {column.kind} values but cannot be read as such: "
                f"{error}. Give it in the form that the schema was made from."
            ) from error
        if refusing:
            refuse_many(decoded.faults, column, raw)
        faults.update({str(row): what for row, what in decoded.faults.items()})
        remarks.extend(decoded.remarks)
    note.update(faults=faults, remarks=[asdict(p) for p in remarks], content=hash_arrays(arrays))
    return arrays


def _view(number: int, column: Column, arrays: Mapping[str, np.ndarray], keep: np.ndarray) -> ColumnData:
    prefix = f"{number}."
    parts = {n.removeprefix(prefix): a for n, a in arrays.items() if n.startswith(prefix)}
    return decoders[str(column.kind)].view(column, parts, keep)


def _fingerprint(schema: Schema, content: str, steering: Mapping[str, np.ndarray]) -> str:
    """Equal data and an equal schema give an equal fingerprint, wherever they were read from."""
    digest = hashlib.sha256(json.dumps(schema.to_dict(), sort_keys=True).encode())
    digest.update(content.encode())
    digest.update(hash_arrays(steering).encode())
    return digest.hexdigest()
