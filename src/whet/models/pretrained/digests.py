"""sha256 over the files of a source: names what was computed from it, and shows whether it was altered."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from whet.files import sha256_of

__all__ = ["digest_of_files", "file_digest"]


def file_digest(path: Path) -> str:
    """Of one file's bytes; read once per process unless its size or time changes."""
    found = path.stat()
    return _digest(path.resolve(), found.st_size, found.st_mtime_ns)


@lru_cache(maxsize=256)
def _digest(path: Path, size_bytes: int, changed_ns: int) -> str:
    return sha256_of(path)


def digest_of_files(paths: Iterable[Path], *extra: str) -> str:
    """Of the files' names and bytes, whatever their order and folder, and of ``extra``."""
    listed = sorted((path.name, file_digest(path)) for path in paths)
    return hashlib.sha256(json.dumps([listed, extra], separators=(",", ":")).encode()).hexdigest()
