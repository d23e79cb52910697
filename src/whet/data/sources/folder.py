"""A folder of pictures: one folder per class, or flat and without labels for prediction.

Pictures may lie deeper below a class folder. Hidden files and folders are skipped; any other file that is no picture
is reported. No picture is opened here.
"""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow as pa

from whet.data.raw import Problem, Raw
from whet.data.sources.reader import Prefer, local_path, readers
from whet.data.sources.tally import snippet
from whet.errors import DataError

__all__ = ["PictureFolder"]

# A folder of these is a data set already split; read as classes it would train a model to tell the splits apart.
_SPLITS = frozenset({"train", "training", "test", "testing", "val", "valid", "validation", "dev", "eval"})


class PictureFolder:
    """Class-named folders of pictures."""

    form = "a folder of class-named folders of pictures"
    endings = ()

    def matches(self, source: object) -> bool:
        """See ``Reader.matches``."""
        path = local_path(source)
        return path is not None and os.path.isdir(path)

    def read(self, source: object, *, prefer: Prefer) -> Raw:
        """See ``Reader.read``."""
        root = local_path(source)
        assert root is not None, "read follows matches"
        files, problems = _walk(root)
        in_classes = [f for f in files if "/" in f]
        if not files:
            raise _without_pictures(root, problems)
        if in_classes:
            _check_classes(root, {f.split("/")[0] for f in in_classes})
            what = "lies beside the class folders, so its class is not known; move it into one"
            problems += [Problem(where=f, what=what) for f in files if "/" not in f]
            problems += _empty_classes(root, in_classes)
            files = in_classes
        columns = {"file": files, "image": files, "label": [f.split("/")[0] for f in files]}
        table = pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})
        return Raw(
            origin=root.name or str(root),
            table=table if in_classes else table.drop_columns(["label"]),
            root=root,
            target="label" if in_classes else None,
            id_column="file",
            problems=tuple(sorted(problems, key=lambda p: p.where)),
        )


def _walk(root: Path) -> tuple[list[str], list[Problem]]:
    """Sorted paths of the pictures relative to ``root``, with "/", and what else was found."""
    from whet.data.decode.pictures import PICTURE_ENDINGS

    files: list[str] = []
    problems: list[Problem] = []
    for folder, inner, names in os.walk(root, onerror=_unreadable):
        inner[:] = [name for name in inner if not name.startswith(".")]
        top = Path(folder) == root
        prefix = "" if top else Path(folder).relative_to(root).as_posix() + "/"
        for name in inner:
            if not top and os.path.islink(os.path.join(folder, name)):
                problems.append(Problem(where=prefix + name, what="is a link to a folder; not followed"))
        for name in (n for n in names if not n.startswith(".")):
            relative = prefix + name
            if not name.lower().endswith(PICTURE_ENDINGS):
                problems.append(Problem(where=relative, what=f"is no picture; known are {', '.join(PICTURE_ENDINGS)}"))
            elif not relative.isprintable():
                problems.append(Problem(where=snippet(relative), what="has a name that is no readable text; rename it"))
            else:
                files.append(relative)
        if top:  # class folders may be links, which os.walk would not enter
            for name in [n for n in inner if os.path.islink(os.path.join(folder, n))]:
                found, more = _walk(Path(folder, name))
                files += [f"{name}/{f}" for f in found]
                problems += [Problem(where=f"{name}/{p.where}", what=p.what) for p in more]
    return sorted(files), sorted(problems, key=lambda p: p.where)


def _unreadable(error: OSError) -> None:
    raise DataError(
        f"the folder {error.filename!r} cannot be read: {error.strerror}. Check its permissions."
    ) from error


def _check_classes(root: Path, classes: set[str]) -> None:
    if {c.lower() for c in classes} <= _SPLITS:
        raise DataError(
            f"the folders in {str(root)!r} are called {sorted(classes)}: splits, not classes. "
            f"Name the one to use, for example {str(root / sorted(classes)[-1])!r}."
        )
    if len(classes) == 1:
        (only,) = classes
        raise DataError(
            f"the folder {str(root)!r} holds pictures of one class only, {only!r}; there is nothing to tell apart. "
            f"Add folders of other classes, or name {str(root / only)!r} to predict on its pictures."
        )


def _empty_classes(root: Path, files: list[str]) -> list[Problem]:
    filled = {f.split("/")[0] for f in files}
    folders = [e.name for e in os.scandir(root) if e.is_dir() and not e.name.startswith(".")]
    return [
        Problem(where=f"{name}/", what="this class folder holds no pictures, so it is no class", kept=True)
        for name in sorted(set(folders) - filled)
    ]


def _without_pictures(root: Path, problems: list[Problem]) -> DataError:
    known = {e for _, r in readers.items() for e in r.endings}
    tables = [p.where for p in problems if Path(p.where).suffix.lower() in known]
    if not problems:
        return DataError(f"the folder {str(root)!r} is empty. Put one folder of pictures per class into it.")
    found = ", ".join(repr(p.where) for p in problems[:5]) + (", ..." if len(problems) > 5 else "")
    advice = f"Did you mean the file {str(root / tables[0])!r}?" if tables else "Put one folder of pictures per class."
    return DataError(f"the folder {str(root)!r} holds no pictures, but {found}. {advice}")


readers.register("folder")(PictureFolder())
