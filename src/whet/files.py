"""Files that are either whole or absent: written under a temporary name in the same folder, then renamed."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["free_folder", "replace_folder", "sha256_of", "write_arrays", "write_bytes", "write_json", "write_text"]


def write_bytes(path: Path, content: bytes) -> None:
    """Write ``path`` so that a kill at any moment leaves the old file or the new one."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_text(path: Path, content: str) -> None:
    """UTF-8 text, whole or absent."""
    write_bytes(path, content.encode())


def write_json(path: Path, content: Any) -> None:
    """Indented JSON; NaN and infinity are refused, because other programs cannot read them."""
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """A safetensors file."""
    from safetensors.numpy import save

    write_bytes(path, save({name: np.ascontiguousarray(a) for name, a in arrays.items()}))


def sha256_of(path: Path) -> str:
    """Hex digest of a file's bytes, read in blocks."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def free_folder(kind: str, name: str, *, otherwise: str) -> Path:
    """Where output about ``name`` goes when nobody says: ``kind/name``, or the first number behind it that is free.

    Args:
        kind: folder of all such output, in the current one.
        name: of a source; its ending and what no folder may be called by are left out.
        otherwise: what it is called where nothing is left of ``name``.

    >>> free_folder("no such kind", "data/train.csv", otherwise="run").as_posix()
    'no such kind/train'
    """
    stem = Path(name.replace(":", "-")).stem.strip() or otherwise
    path, number = Path(kind) / stem, 2
    while path.exists():
        path, number = Path(kind) / f"{stem}-{number}", number + 1
    return path


def replace_folder(path: Path, fill: Callable[[Path], None]) -> None:
    """Let ``fill`` write into a fresh folder, then swap it in for ``path``.

    Between the two renames of the swap ``path`` may be missing for an instant; ``path.old`` then holds the former
    content, and ``recover_folder`` puts it back.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}."))
    try:
        fill(fresh)
        fresh.chmod(0o755)
        former = path.with_name(path.name + ".old")
        shutil.rmtree(former, ignore_errors=True)
        if path.exists():
            path.rename(former)
        fresh.rename(path)
        shutil.rmtree(former, ignore_errors=True)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise


def recover_folder(path: Path) -> None:
    """Undo a swap that was killed half-way."""
    former = path.with_name(path.name + ".old")
    if not path.exists() and former.exists():
        former.rename(path)
