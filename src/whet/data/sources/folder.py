"""A folder of pictures or of sounds: one folder per class, or flat and without labels for prediction.

The files may lie deeper below a class folder. Hidden files and folders are skipped; any other file that is no picture
(or no sound) is reported. No file is opened here.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from whet.data.raw import Problem, Raw
from whet.data.sources.reader import Prefer, local_path, readers
from whet.data.sources.walking import walk
from whet.errors import DataError

__all__ = ["ClassFolders"]

# A folder of these is a data set already split; read as classes it would train a model to tell the splits apart.
_SPLITS = frozenset({"train", "training", "test", "testing", "val", "valid", "validation", "dev", "eval"})
_MOST_STRAY = 0.05  # share of files of the other kind beyond which the folder could mean either


@dataclass(frozen=True, kw_only=True)
class _Medium:
    """What the files of a folder are."""

    thing: str
    column: str
    endings: tuple[str, ...]


class ClassFolders:
    """Class-named folders of pictures or of sounds."""

    form = "a folder of class-named folders of pictures or sounds"
    endings = ()

    def matches(self, source: object) -> bool:
        """See ``Reader.matches``."""
        path = local_path(source)
        return path is not None and os.path.isdir(path)

    def read(self, source: object, *, prefer: Prefer) -> Raw:
        """See ``Reader.read``."""
        root = local_path(source)
        assert root is not None, "read follows matches"
        found, problems = walk(root)
        medium = _medium(root, found, prefer)
        files = [f for f in found if f.lower().endswith(medium.endings)]
        others = [f for f in found if not f.lower().endswith(medium.endings)]
        if not files:
            raise _without_files(root, others or [p.where for p in problems], medium.thing + "s")
        what = f"is no {medium.thing}; known are {', '.join(medium.endings)}"
        problems += [Problem(where=f, what=what) for f in others]
        in_classes = [f for f in files if "/" in f]
        if in_classes:
            _check_classes(root, {f.split("/")[0] for f in in_classes}, medium.thing + "s")
            what = "lies beside the class folders, so its class is not known; move it into one"
            problems += [Problem(where=f, what=what) for f in files if "/" not in f]
            problems += _empty_classes(root, in_classes, medium.thing + "s")
            files = in_classes
        return _raw(root, files, medium, problems, has_labels=bool(in_classes))


def _raw(root: Path, files: list[str], medium: _Medium, problems: list[Problem], *, has_labels: bool) -> Raw:
    columns = {"file": files, medium.column: files}
    if has_labels:
        columns["label"] = [f.split("/")[0] for f in files]
    return Raw(
        origin=root.name or str(root),
        table=pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()}),
        root=root,
        target="label" if has_labels else None,
        id_column="file",
        problems=tuple(sorted(problems, key=lambda p: p.where)),
    )


def _medium(root: Path, files: list[str], prefer: Prefer) -> _Medium:
    """Pictures or sounds, whichever the folder holds; a folder that holds both must be told which."""
    from whet.data.decode.pictures import PICTURE_ENDINGS
    from whet.data.decode.sounds import SOUND_ENDINGS

    pictures = _Medium(thing="picture", column="image", endings=PICTURE_ENDINGS)
    sounds = _Medium(thing="sound", column="audio", endings=SOUND_ENDINGS)
    if prefer in ("image", "audio"):
        return pictures if prefer == "image" else sounds
    num_pictures, num_sounds = (sum(f.lower().endswith(m.endings) for f in files) for m in (pictures, sounds))
    if not num_pictures and not num_sounds:
        raise _without_files(root, files, "pictures or sounds")
    if min(num_pictures, num_sounds) > _MOST_STRAY * (num_pictures + num_sounds):
        raise DataError(
            f"the folder {str(root)!r} holds {num_pictures:,} pictures and {num_sounds:,} sounds; one kind is read at "
            "a time. Move the others elsewhere, or pass --task image_classification or --task audio_classification."
        )
    return sounds if num_sounds > num_pictures else pictures


def _check_classes(root: Path, classes: set[str], things: str) -> None:
    if {c.lower() for c in classes} <= _SPLITS:
        raise DataError(
            f"the folders in {str(root)!r} are called {sorted(classes)}: splits, not classes. "
            f"Name the one to use, for example {str(root / sorted(classes)[-1])!r}."
        )
    if len(classes) == 1:
        (only,) = classes
        raise DataError(
            f"the folder {str(root)!r} holds {things} of one class only, {only!r}; there is nothing to tell apart. "
            f"Add folders of other classes, or name {str(root / only)!r} to predict on its {things}."
        )


def _empty_classes(root: Path, files: list[str], things: str) -> list[Problem]:
    filled = {f.split("/")[0] for f in files}
    folders = [e.name for e in os.scandir(root) if e.is_dir() and not e.name.startswith(".")]
    return [
        Problem(where=f"{name}/", what=f"this class folder holds no {things}, so it is no class", kept=True)
        for name in sorted(set(folders) - filled)
    ]


def _without_files(root: Path, others: list[str], things: str) -> DataError:
    known = {e for _, r in readers.items() for e in r.endings}
    tables = [f for f in others if Path(f).suffix.lower() in known]
    if not others:
        return DataError(f"the folder {str(root)!r} is empty. Put one folder of {things} per class into it.")
    found = ", ".join(repr(f) for f in others[:5]) + (", ..." if len(others) > 5 else "")
    advice = f"Did you mean the file {str(root / tables[0])!r}?" if tables else f"Put one folder of {things} per class."
    return DataError(f"the folder {str(root)!r} holds no {things}, but {found}. {advice}")


readers.register("folder")(ClassFolders())
