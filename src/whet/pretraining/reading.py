"""From sources to examples, with or without labels: which column is the text, which the target."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from whet.data.dataset import Dataset
from whet.data.infer import parse_task
from whet.data.kinds import Kind, Modality
from whet.data.load import load
from whet.data.sources import read
from whet.errors import ConfigError, DataError, did_you_mean
from whet.tasks.task import check_trainable

__all__ = ["Columns", "read_all"]


@dataclass(frozen=True, kw_only=True)
class Columns:
    """What a user said about the columns; the names hold in every source that has them."""

    target: str | None = None
    text: str | None = None
    task: str | None = None
    types: Mapping[str, str] = field(default_factory=dict)
    image_size: int | None = None  # longer side in pixels


def read_all(sources: Sequence[object], columns: Columns, *, cache: Path | None) -> list[Dataset]:
    """One dataset a source; all but texts are read as the first source is.

    Raises:
        DataError: a source cannot be read, or there are no labels and nothing else to learn from.
    """
    found: list[Dataset] = []
    for source in sources:
        if not found or found[0].schema.modality is Modality.TEXT:
            found.append(_read(source, columns, cache))
        else:
            wants_labels = columns.target is not None
            found.append(load(source, schema=found[0].schema, cache=cache, require_target=wants_labels))
    check_trainable(found[0].schema)
    return found


def _read(source: object, columns: Columns, cache: Path | None) -> Dataset:
    if columns.text is not None:
        return _as_text(source, columns, columns.text, cache)
    dataset = _load(source, columns, cache)
    is_settled = columns.task is not None and parse_task(columns.task)[0] is not None
    if dataset.schema.modality is not Modality.TABLE or dataset.schema.target is not None or is_settled:
        return dataset
    texts = dataset.schema.of_kind(Kind.TEXT)
    if len(texts) != 1:
        named = ", ".join(repr(c.name) for c in texts) or "none"
        raise DataError(
            f"{dataset.origin} is a table, and a body for tables is learnt from labels: name the column with --target. "
            f"To learn from its texts instead, name their column with --text (text columns: {named})."
        )
    return _as_text(source, columns, texts[0].name, cache)


def _as_text(source: object, columns: Columns, name: str, cache: Path | None) -> Dataset:
    raw = read(source, target=columns.target)
    names = raw.table.column_names
    if name not in names:
        raise DataError(f"{raw.origin} has no text column {name!r}. {did_you_mean(name, names)}")
    if name in (columns.target, raw.target):
        raise ConfigError(f"the column {name!r} of {raw.origin} cannot be both the text and the target.")
    others = [n for n in (*names, *raw.arrays) if n not in (name, columns.target, raw.target)]
    types = {**dict.fromkeys(others, "ignored"), name: "text"}
    return _load(source, replace(columns, types=types), cache)


def _load(source: object, columns: Columns, cache: Path | None) -> Dataset:
    return load(
        source,
        target=columns.target,
        task=columns.task,
        types=columns.types,
        image_size=columns.image_size,
        cache=cache,
        require_target=columns.target is not None,
    )
