"""A Hugging Face ``datasets.Dataset``: plain columns as they are, classes by name, pictures of one size as pixels."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from whet.data.raw import Raw
from whet.data.sources.describe import describe_source
from whet.data.sources.pictures import to_pixels
from whet.data.sources.reader import Prefer, readers
from whet.data.sources.stacking import Stack
from whet.data.sources.tally import Tally
from whet.data.sources.typed import raw_from_table
from whet.errors import DataError

__all__ = ["HuggingFace"]


class HuggingFace:
    """``datasets.Dataset``, recognised by name so that the package is not imported."""

    form = "a Hugging Face dataset"
    endings = ()

    def matches(self, source: object) -> bool:
        """See ``Reader.matches``."""
        return any(c.__module__.split(".")[0] == "datasets" for c in type(source).__mro__)

    def read(self, source: Any, *, prefer: Prefer) -> Raw:
        """See ``Reader.read``."""
        origin = describe_source(source)
        _check(source, origin)
        kinds = {name: type(feature).__name__ for name, feature in source.features.items()}
        if "Audio" in kinds.values() or "Video" in kinds.values():
            raise DataError(f"{origin}: sound and video are not read yet. Remove such columns with remove_columns().")
        pictures = [name for name, kind in kinds.items() if kind == "Image"]
        classes = [name for name, kind in kinds.items() if kind == "ClassLabel"]
        tally = Tally(origin)
        pixels, kept = _pixels(source, pictures, tally)
        problems, rows = tally.close()
        raw = _plain(source, [n for n in kinds if n not in pictures], classes, kept, origin)
        target = classes[0] if len(classes) == 1 else None
        return replace(raw, arrays={**pixels, **raw.arrays}, target=target, rows=rows, problems=problems)


def _check(source: Any, origin: str) -> None:
    if isinstance(source, dict):
        raise DataError(f"{origin} holds the splits {list(source)}; pass one of them, such as dataset['train'].")
    if type(source).__name__ != "Dataset":
        raise DataError(f"{origin}: only datasets with a length are read; take one with Dataset.from_list(list(...)).")
    if len(source) == 0 or not source.features:
        raise DataError(f"{origin} holds no examples.")


def _plain(source: Any, names: list[str], classes: list[str], kept: np.ndarray, origin: str) -> Raw:
    """Everything but the pictures; ``kept``: (M,) row numbers."""
    if not names:
        return Raw(origin=origin, table=pa.table({"x": pa.nulls(len(kept))}).select([]))
    table = source.select_columns(names).with_format("arrow")[:].replace_schema_metadata(None)
    for name in classes:
        known = pa.array(source.features[name].names)
        numbers = table.column(name).combine_chunks().cast(pa.int64())
        numbers = pa.array([n if n is not None and n >= 0 else None for n in numbers.to_pylist()], pa.int64())
        table = table.set_column(table.column_names.index(name), name, known.take(numbers))
    return raw_from_table(table if len(kept) == table.num_rows else table.take(kept), origin)


def _pixels(source: Any, names: list[str], tally: Tally) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """The picture columns as arrays, and the rows whose pictures could all be read."""
    stacks = {name: Stack(len(source), f"{tally.origin}, picture {name!r} of example") for name in names}
    kept = []
    held = source.select_columns(names).with_format(None) if names else None
    for i in range(len(source)):
        try:
            pictures = {name: value.copy() for name, value in held[i].items()} if held is not None else {}
        except Exception as error:  # Pillow and the dataset's own decoding raise many kinds
            tally.report(f"{tally.origin} row {i}", f"a picture cannot be read: {type(error).__name__}: {error}")
            continue
        for name, picture in pictures.items():
            stacks[name].add(picture)
        tally.keep()
        kept.append(i)
    arrays = {name: to_pixels(stack.values(), tally.origin) for name, stack in stacks.items()} if kept else {}
    return arrays, np.array(kept, dtype=np.int64)


readers.register("hugging_face")(HuggingFace())
