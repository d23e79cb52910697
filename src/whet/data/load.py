"""Source in, Dataset out: read, infer (or obey a given schema), decode."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pyarrow.compute as pc

from whet.data.dataset import Dataset
from whet.data.decode.decode import decode
from whet.data.infer import infer_schema, parse_task
from whet.data.infer_target import check_classes
from whet.data.kinds import Kind, Modality
from whet.data.parse import parse_labels
from whet.data.raw import Problem, Raw
from whet.data.schema import Schema
from whet.data.sources import read
from whet.data.sources.reader import Prefer
from whet.errors import DataError, did_you_mean

__all__ = ["load", "load_with_raw", "prefer_for", "read_raw"]


def load(
    source: object,
    *,
    target: str | None = None,
    task: str | None = None,
    types: Mapping[str, str] | None = None,
    group: str | None = None,
    time: str | None = None,
    image_size: int | None = None,
    cache: Path | None = None,
    schema: Schema | None = None,
    require_target: bool = True,
) -> Dataset:
    """Every usable example of a source, with what was set aside in ``problems``.

    Args:
        cache: folder that keeps decoded data between runs, memory-mapped; None keeps them in memory.
        schema: obey this one (from a bundle) instead of inferring; the other arguments about columns are not allowed.
        require_target: False for prediction: every row is kept, also those without a label.
    Raises:
        DataError, LabelError, ConfigError: with what is wrong, where, and what to do.
    """
    if schema is None:
        return load_with_raw(
            source,
            target=target,
            task=task,
            types=types,
            group=group,
            time=time,
            image_size=image_size,
            cache=cache,
            require_target=require_target,
        )[1]
    _refuse(target=target, task=task, types=types, group=group, time=time, image_size=image_size)
    raw = read(source, target=None, prefer=prefer_for(schema.modality))
    _check_against(schema, raw, require_target=require_target)
    return _decode(raw, schema, cache, require_target=require_target)


def load_with_raw(
    source: object,
    *,
    target: str | None,
    task: str | None,
    types: Mapping[str, str] | None,
    group: str | None,
    time: str | None,
    image_size: int | None,
    cache: Path | None,
    require_target: bool = True,
) -> tuple[Raw, Dataset]:
    """What ``load`` gives without a schema, and the columns as the source wrote them."""
    raw = read_raw(source, target=target, task=task)
    schema = infer_schema(
        raw,
        target=target,
        task=task,
        types=types,
        group=group,
        time=time,
        image_size=image_size,
        require_target=require_target,
    )
    dataset = _decode(raw, schema, cache, require_target=require_target)
    _check_again(dataset)
    return raw, dataset


def read_raw(source: object, *, target: str | None, task: str | None) -> Raw:
    """The columns of ``source``, or ``source`` itself if it was read; no PyTorch, so that typing errors show soon."""
    return read(source, target=target, prefer=prefer_for(parse_task(task)[0]))


def prefer_for(modality: Modality | None) -> Prefer:
    """What bare arrays of numbers are read as where a modality is wanted."""
    prefer: dict[Modality | None, Prefer] = {
        Modality.TABLE: "table",
        Modality.SERIES: "series",
        Modality.IMAGE: "image",
        Modality.AUDIO: "audio",
    }
    return prefer.get(modality, "auto")


def _decode(raw: Raw, schema: Schema, cache: Path | None, *, require_target: bool) -> Dataset:
    """Where the target is optional, a column of labels with gaps is not read, so that no row is lost to a gap."""
    gaps = 0 if require_target or schema.target not in raw.table.column_names else _num_missing(raw, schema.target)
    if not require_target and schema.time is not None:
        schema = replace(schema, time=None)  # times only order the split
    dataset = decode(raw, schema, folder=cache, with_target=gaps == 0)
    if gaps == 0:
        return dataset
    what = (
        f"{gaps:,} of {raw.num_rows:,} rows have no {schema.target!r}; none is needed here, and the others are not read"
    )
    return replace(dataset, problems=(*dataset.problems, Problem(where=raw.origin, what=what, kept=True)))


def _num_missing(raw: Raw, target: str | None) -> int:
    return int(pc.sum(pc.is_null(parse_labels(raw.table.column(target), trim=True))).as_py() or 0)


def _check_again(dataset: Dataset) -> None:
    """Examples set aside while decoding may have left a class with a single example."""
    if dataset.target is not None and not dataset.schema.target_is_number:
        check_classes(dataset.target, dataset.rows, origin=dataset.origin, name=str(dataset.schema.target))


def _refuse(**given: object) -> None:
    named = [name for name, value in given.items() if value is not None]
    if named:
        raise DataError(f"a schema was given, so {', '.join(named)} cannot be given too; leave one of them out.")


def _check_against(schema: Schema, raw: Raw, *, require_target: bool) -> None:
    """Every feature must be there, in the form the schema says; extra columns do not matter."""
    names = [*raw.table.column_names, *raw.arrays]
    missing = [c.name for c in schema.features if c.name not in names]
    faults = [f"the feature column {n!r} is missing. {did_you_mean(n, names)}" for n in missing]
    if require_target and schema.target not in raw.table.column_names:
        faults.append(f"the target column {schema.target!r} is missing. {did_you_mean(str(schema.target), names)}")
    faults += [
        f"{c.name!r} must be {'an array' if c.kind is Kind.SERIES else 'single values'}"
        for c in schema.features
        if c.name in names and (c.kind is Kind.SERIES) != (c.name in raw.arrays) and c.kind is not Kind.IMAGE
    ]
    if faults:
        raise DataError(f"{raw.origin} does not fit the model's schema: {'; '.join(faults)}")
