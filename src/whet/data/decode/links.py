"""Whether the file that a path leads to, links followed, still lies in the source's folder.

A folder from somebody else may hold a link to any file of the reader; followed, that file would end up in the data. A
folder of one class may be a link as a whole, as ``whet.data.sources.walking`` says: the files must then lie in there.
"""

from __future__ import annotations

import os
from pathlib import Path

from whet.errors import DataError

__all__ = ["check_link"]


def check_link(path: str, root: Path | None, *, thing: str) -> None:
    """Refuse ``path``, which lies under ``root`` by its name, if it is a link to another place.

    Args:
        path: absolute and normalised.
        root: None takes the current folder.
        thing: what the file should be, for the message.
    """
    base = os.path.abspath(root if root is not None else os.curdir)
    top = os.path.join(base, os.path.relpath(path, base).split(os.sep)[0])
    real, inside = os.path.realpath(path), [os.path.realpath(base)]
    if top != path:
        inside.append(os.path.realpath(top))
    if not any(real.startswith(os.path.join(folder, "")) for folder in inside):
        raise DataError(f"it is a link out of the source's folder; put the {thing} itself there")
