"""From sources to an inspection: read, infer, decode; faults that would stop a training are kept for the checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from whet.auditing.inspection import Half, Inspection
from whet.auditing.stopwatch import Stopwatch
from whet.data.decode.decode import decode
from whet.data.infer import infer_schema
from whet.data.load import prefer_for, read_raw
from whet.data.schema import Schema
from whet.data.sources import read
from whet.errors import DataError, did_you_mean

__all__ = ["open_inspection"]


def open_inspection(
    source: object,
    *,
    target: str | None = None,
    test: object = None,
    task: str | None = None,
    types: Mapping[str, str] | None = None,
    group: str | None = None,
    time: str | None = None,
    image_size: int | None = None,
    sensitive: tuple[str, ...] = (),
    seed: int = 0,
    cache: Path | None = None,
    stopwatch: Stopwatch | None = None,
) -> Inspection:
    """Both halves, decoded by one schema. Without a target everything that needs none is still checked.

    Raises:
        DataError, LabelError, ConfigError: the sources cannot be read at all; says what, where and what to do.
    """
    watch = stopwatch or Stopwatch()
    with watch.step("reading"):
        raw = read_raw(source, target=target, task=task)
        schema = infer_schema(
            raw,
            target=target,
            task=task,
            types=types,
            group=group,
            time=time,
            image_size=image_size,
            require_target=False,
            allow_lone=True,
        )
    _check_columns(sensitive, raw.table.column_names, raw.origin)
    with watch.step("decoding"):
        train = Half(raw=raw, data=decode(raw, schema, folder=cache, refusing=False))
        other = None if test is None else _open_test(test, schema, cache)
    return Inspection(train=train, test=other, seed=seed, sensitive=sensitive, stopwatch=watch)


def _open_test(source: object, schema: Schema, cache: Path | None) -> Half:
    """Decoded as the training part was; a test without labels serves for all that needs none."""
    raw = read(source, target=None, prefer=prefer_for(schema.modality))
    names = {*raw.table.column_names, *raw.arrays}
    lacking = [c.name for c in schema.features if c.name not in names]
    if lacking:
        raise DataError(
            f"the test {raw.origin} has no column {lacking[0]!r}, which the training part has. "
            f"{did_you_mean(lacking[0], sorted(names))}"
        )
    time = schema.time if schema.time in names else None
    return Half(raw=raw, data=decode(raw, replace(schema, time=time), folder=cache, refusing=False))


def _check_columns(wanted: tuple[str, ...], names: list[str], origin: str) -> None:
    for name in wanted:
        if name not in names:
            raise DataError(f"{origin} has no column {name!r} for --sensitive. {did_you_mean(name, names)}")
