"""The contract of a reader, the registry of readers, and how a source is recognised as a local path."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal, Protocol

from whet.data.raw import Raw
from whet.registry import Registry

__all__ = ["Prefer", "Reader", "ending_of", "existing_file", "local_path", "readers"]

Prefer = Literal["auto", "table", "series", "image", "audio"]


class Reader(Protocol):
    """One form of source. At most one reader matches a source, so their order does not matter."""

    @property
    def form(self) -> str:
        """What a person calls it, for the message about an unknown source."""
        ...

    @property
    def endings(self) -> tuple[str, ...]:
        """Of the files it reads, lower case with the dot; () for a form that is no file."""
        ...

    def matches(self, source: object) -> bool:
        """Whether this reader is the one for ``source``; looks, but reports nothing."""
        ...

    def read(self, source: object, *, prefer: Prefer) -> Raw:
        """The columns of ``source``.

        Args:
            prefer: what bare arrays of numbers are, or which files of a mixed folder count. Forms whose columns say
                what they are have no use for it.
        """
        ...


readers: Registry[Reader] = Registry("reader")


def local_path(source: object) -> Path | None:
    """The path that a string or path object names, whether or not it exists; None for any other source.

    >>> local_path("data/train.csv").name, local_path("sklearn:iris"), local_path(3)
    ('train.csv', None, None)
    """
    if not isinstance(source, str | os.PathLike):
        return None
    text = os.fspath(source)
    if not isinstance(text, str) or not text.strip() or "\0" in text or text.startswith(("sklearn:", "demo:")):
        return None
    return Path(text).expanduser() if text.startswith("~") else Path(text)


def ending_of(path: Path) -> str:
    """The file's ending in lower case, compression included.

    >>> ending_of(Path("a/Train.CSV")), ending_of(Path("v1.2.csv.gz")), ending_of(Path("README"))
    ('.csv', '.csv.gz', '')
    """
    last = path.suffix.lower()
    return path.with_suffix("").suffix.lower() + last if last == ".gz" else last


def existing_file(source: object, endings: tuple[str, ...]) -> Path | None:
    """The path, if ``source`` names an existing file with one of these endings."""
    path = local_path(source)
    if path is None or ending_of(path) not in endings:
        return None
    return path if os.path.isfile(path) else None
