"""Every visible file under a folder, by its path relative to the folder; nothing is opened."""

from __future__ import annotations

import os
from pathlib import Path

from whet.data.raw import Problem
from whet.data.sources.tally import snippet
from whet.errors import DataError

__all__ = ["walk"]


def walk(root: Path) -> tuple[list[str], list[Problem]]:
    """Sorted paths relative to ``root``, with "/", and what cannot be followed or named.

    Hidden files and folders are skipped. A folder right below ``root`` may be a link; one deeper down is reported.
    """
    files: list[str] = []
    problems: list[Problem] = []
    for folder, inner, names in os.walk(root, onerror=_unreadable):
        inner[:] = [name for name in inner if not name.startswith(".")]
        top = Path(folder) == root
        prefix = "" if top else Path(folder).relative_to(root).as_posix() + "/"
        links = [name for name in inner if os.path.islink(os.path.join(folder, name))]
        for relative in (prefix + name for name in names if not name.startswith(".")):
            if relative.isprintable():
                files.append(relative)
            else:
                problems.append(Problem(where=snippet(relative), what="has a name that is no readable text; rename it"))
        for name in links:
            if not top:
                problems.append(Problem(where=prefix + name, what="is a link to a folder; not followed"))
                continue
            found, more = walk(Path(folder, name))  # os.walk would not enter it
            files += [f"{name}/{f}" for f in found]
            problems += [Problem(where=f"{name}/{p.where}", what=p.what) for p in more]
    return sorted(files), sorted(problems, key=lambda p: p.where)


def _unreadable(error: OSError) -> None:
    raise DataError(
        f"the folder {error.filename!r} cannot be read: {error.strerror}. Check its permissions."
    ) from error
