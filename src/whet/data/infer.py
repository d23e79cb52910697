"""Raw columns become a Schema: kinds, modality and target, each with its reason, nothing guessed in silence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from whet.data.infer_columns import as_text, infer_column
from whet.data.infer_forced import check_types, forced_column
from whet.data.infer_images import with_image_size
from whet.data.infer_sounds import with_sound_facts
from whet.data.infer_target import TargetKind, choose_target, infer_target
from whet.data.kinds import Kind, Modality
from whet.data.raw import Raw
from whet.data.schema import Column, Schema
from whet.errors import ConfigError, DataError, did_you_mean

__all__ = ["infer_schema", "parse_task"]

_TASKS = (
    "image_classification",
    "audio_classification",
    "text_classification",
    "table_classification",
    "series_classification",
    "text_regression",
    "table_regression",
    "classification",
    "regression",
)


def infer_schema(
    raw: Raw,
    *,
    target: str | None,
    task: str | None = None,
    types: Mapping[str, str] | None = None,
    group: str | None = None,
    time: str | None = None,
    image_size: int | None = None,
    require_target: bool = True,
    allow_lone: bool = False,
) -> Schema:
    """What the columns are, which of them feed the model, and what is predicted.

    Args:
        target: column to predict; None takes the one that the form itself names (class folders, ``.ts``).
        task: one of the registered task names, or "classification" or "regression"; None infers it.
        types: column -> kind, where inference is wrong; "ignored" drops a column.
        group, time: columns that steer the split and are therefore kept from the model.
        image_size: longer side of the decoded pictures in pixels; None chooses.
        require_target: False allows data without a target, for prediction or an audit.
        allow_lone: True allows classes with a single example, for an audit.
    Raises:
        DataError, LabelError, ConfigError: with what is wrong, where, and what to do.
    """
    modality, is_number = parse_task(task)
    named = _named(raw, group=group, time=time)
    if require_target or target is not None or raw.target is not None:
        named = {choose_target(raw, target): "the target", **named}
    kinds = check_types(types or {}, raw, taken=named)
    columns = _columns(raw, kinds, named)
    modality, features, ignored = _arrange(raw, columns, modality, task)
    chosen = next((n for n, role in named.items() if role == "the target"), None)
    kind = (
        infer_target(raw, chosen, is_number=is_number, allow_lone=allow_lone)
        if chosen is not None
        else TargetKind(False, "")
    )
    return Schema(
        modality=modality,
        features=tuple(_looked_at(c, raw, image_size) for c in features),
        target=chosen,
        target_is_number=kind.is_number,
        target_why=kind.why,
        group=group,
        time=time,
        ignored=ignored,
    )


def parse_task(task: str | None) -> tuple[Modality | None, bool | None]:
    """The modality and whether the target is a number, as far as the task's name says.

    >>> parse_task("text_regression")
    (<Modality.TEXT: 'text'>, True)
    >>> parse_task("classification")
    (None, False)
    """
    if task is None:
        return None, None
    if task not in _TASKS:
        raise ConfigError(f"unknown task {task!r}. {did_you_mean(task, _TASKS)}")
    first, _, last = task.rpartition("_")
    return (Modality(first) if first else None), last == "regression"


def _named(raw: Raw, **roles: str | None) -> dict[str, str]:
    """Columns that already have a role; unknown ones are reported together."""
    names = raw.table.column_names
    wrong = [
        f"{role} column {n!r} ({did_you_mean(n, names)})"
        for role, n in roles.items()
        if n is not None and n not in names
    ]
    if wrong:
        raise DataError(f"{raw.origin} has no {', no '.join(wrong)}")
    return {name: f"the {role} column: it steers the split" for role, name in roles.items() if name is not None}


def _columns(raw: Raw, kinds: Mapping[str, Kind], named: Mapping[str, str]) -> list[Column]:
    columns = []
    for name in raw.arrays:
        columns.append(forced_column(name, kinds[name], raw) if name in kinds else _array_column(raw, name))
    for name in raw.table.column_names:
        if name in kinds:
            columns.append(forced_column(name, kinds[name], raw))
        elif name == raw.id_column and name not in named:
            columns.append(Column(name=name, kind=Kind.IGNORED, why="names the example in predictions"))
        elif name not in named:
            columns.append(infer_column(name, raw.table.column(name), root=raw.root))
        elif named[name] != "the target":
            columns.append(Column(name=name, kind=Kind.IGNORED, why=named[name]))
    return [_with_shape(c, raw) for c in columns]


def _array_column(raw: Raw, name: str) -> Column:
    array = raw.arrays[name]
    kind = Kind.IMAGE if array.dtype == np.uint8 and array.ndim in (3, 4) else Kind.SERIES
    return Column(name=name, kind=kind, why=f"an array of shape {array.shape} and type {array.dtype}")


def _with_shape(column: Column, raw: Raw) -> Column:
    if column.kind is not Kind.SERIES:
        return column
    shape = raw.arrays[column.name].shape
    return replace(column, series_shape=(shape[1], shape[2]) if len(shape) == 3 else (1, shape[1]))


def _looked_at(column: Column, raw: Raw, image_size: int | None) -> Column:
    """What can only be told from the files themselves."""
    if column.kind is Kind.IMAGE:
        return with_image_size(column, raw, image_size)
    return with_sound_facts(column, raw) if column.kind is Kind.AUDIO else column


def _arrange(
    raw: Raw, columns: list[Column], wanted: Modality | None, task: str | None
) -> tuple[Modality, tuple[Column, ...], tuple[Column, ...]]:
    """The modality, the columns it uses, and those it leaves, each with the reason."""
    usable = [c for c in columns if c.kind is not Kind.IGNORED]
    if not usable:
        columns = [as_text(c) if c.why.startswith("id-like: nearly every") else c for c in columns]
        usable = [c for c in columns if c.kind is not Kind.IGNORED]
    if not usable:
        reasons = "; ".join(f"{c.name!r}: {c.why}" for c in columns[:10]) or "there is none beside the target"
        raise DataError(
            f"{raw.origin}: no usable feature column is left ({reasons}). Name kinds with types if this is wrong."
        )
    modality = wanted or _modality(usable)
    used = _used(usable, modality)
    if not used or (modality is Modality.TEXT and len(used) > 1):
        held = ", ".join(f"{c.name!r} ({c.kind})" for c in usable)
        raise ConfigError(
            f"the task {task!r} needs one {modality} column, but {raw.origin} holds {held}. "
            "Leave the task out, or name kinds with types."
        )
    unused = f"unused: a model of {modality} data does not read it"
    left = [
        c if c.kind is Kind.IGNORED else replace(c, kind=Kind.IGNORED, why=unused) for c in columns if c not in used
    ]
    return modality, tuple(used), tuple(left)


def _modality(usable: list[Column]) -> Modality:
    kinds = [c.kind for c in usable]
    if Kind.IMAGE in kinds:
        return Modality.IMAGE
    if Kind.AUDIO in kinds:
        return Modality.AUDIO
    if Kind.SERIES in kinds:
        return Modality.SERIES
    return Modality.TEXT if kinds == [Kind.TEXT] else Modality.TABLE


def _used(usable: list[Column], modality: Modality) -> list[Column]:
    if modality is Modality.TABLE:
        return [c for c in usable if c.kind not in (Kind.IMAGE, Kind.SERIES, Kind.AUDIO)]
    fitting = [c for c in usable if str(c.kind) == str(modality)]
    return fitting if modality is Modality.TEXT else fitting[:1]  # one picture, sound or series per example
