"""Read any source: find its reader, read it, check the target."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

from whet.data.raw import Raw
from whet.data.sources.reader import Prefer, readers
from whet.data.sources.refusals import refuse
from whet.errors import ConfigError, DataError, did_you_mean

__all__ = ["read"]


def read(source: object, *, target: str | None = None, prefer: Prefer = "auto") -> Raw:
    """The columns of ``source`` as it gave them; nothing is inferred, and no row is lost without a Problem.

    Args:
        source: a folder of pictures, a file, a name such as ``sklearn:digits``; a table, arrays or dataset in memory;
            or what this function gave before.
        target: the column to predict; None keeps the one that the form itself names (class folders, ``.ts``, y).
        prefer: what bare arrays of numbers are, where their shape leaves it open; "auto" looks at the numbers.
    Raises:
        DataError: the source cannot be read; says what, where and what to do.
        ConfigError: ``prefer`` is unknown.

    >>> raw = read("sklearn:iris")
    >>> raw.origin, raw.num_rows, raw.target, raw.table.column_names[:2]
    ('sklearn:iris', 150, 'label', ['sepal length (cm)', 'sepal width (cm)'])
    """
    if prefer not in get_args(Prefer):
        raise ConfigError(f"prefer must be one of {get_args(Prefer)}; got {prefer!r}. 'auto' decides by itself.")
    if isinstance(source, Raw):
        return _with_target(source, target)
    for _, reader in readers.items():
        if reader.matches(source):
            return _with_target(reader.read(source, prefer=prefer), target)
    return refuse(source)


def _with_target(raw: Raw, target: str | None) -> Raw:
    if target is None:
        return raw
    names = raw.table.column_names
    if target in raw.arrays:
        raise DataError(
            f"{raw.origin}: the target {target!r} holds an array per example; "
            f"a target is one value per example. Known: {names}."
        )
    if target not in names:
        raise DataError(f"{raw.origin} has no column {target!r} to predict. {did_you_mean(target, names)}")
    return replace(raw, target=target)
