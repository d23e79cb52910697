"""The file that a cell of a table names, which must lie under the source's folder."""

from __future__ import annotations

import os
from pathlib import Path

from whet.data.decode.links import check_link
from whet.errors import DataError

__all__ = ["named_file"]


def named_file(value: str | None, root: Path | None, *, thing: str) -> str:
    """The path that a cell names; outside ``root`` it is refused, so that a table cannot make Whet open other files.

    Args:
        value: relative to ``root``, or absolute.
        root: None takes the current folder.
        thing: what the file should be, for the message: "picture", "sound".

    >>> named_file("cat/1.wav", Path("pets"), thing="sound") == os.path.join(os.path.abspath("pets"), "cat", "1.wav")
    True
    """
    if value is None or not value.strip():
        raise DataError(f"no {thing} is named")
    base = os.path.abspath(root if root is not None else os.curdir)
    path = os.path.normpath(os.path.join(base, value))
    if not path.startswith(os.path.join(base, "")):
        raise DataError(f"{value[:255]!r} lies outside the source's folder; put the {thing}s under it")
    check_link(path, root, thing=thing)
    return path
