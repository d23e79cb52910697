"""Values computed once per example of a decoded source, such as features of a frozen network.

Every view of the source shares them, so folds, members and seeds pay for them once; in a run folder they
outlive a kill.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

__all__ = ["Derived"]

_BLOCK = 512  # examples between two writes to the disk


class Derived:
    """Tables by name with one line per source row; lines are filled when they are first asked for.

    >>> seen = []
    >>> def double(positions):
    ...     seen.extend(positions.tolist())
    ...     return np.array([[2.0], [4.0]], dtype=np.float32)[positions]
    >>> table = Derived()
    >>> for _ in range(2):
    ...     values = table.rows("double", np.array([7, 9]), dim=1, compute=double)
    >>> values.ravel().tolist(), seen
    ([2.0, 4.0], [0, 1])
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._known: dict[str, dict[int, int]] = {}  # name -> source row -> line
        self._lines: dict[str, list[np.ndarray]] = {}

    @property
    def folder(self) -> Path | None:
        """Where the tables outlive the process; None: they do not."""
        return self._folder

    def rows(self, name: str, rows: np.ndarray, *, dim: int, compute: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """(N, dim) float32 for the source rows ``rows`` (N,).

        ``compute`` takes positions into ``rows`` and returns their lines; it is called for rows not seen before.
        """
        known = self._read(name, dim)
        fresh = np.array([i for i, row in enumerate(rows.tolist()) if row not in known], dtype=np.int64)
        fresh = fresh[np.unique(rows[fresh], return_index=True)[1]] if len(fresh) else fresh
        for start in range(0, len(fresh), _BLOCK):
            self._add(name, rows[fresh[start : start + _BLOCK]], compute(fresh[start : start + _BLOCK]))
        if not len(rows):
            return np.zeros((0, dim), np.float32)
        lines = np.concatenate(self._lines[name])
        self._lines[name] = [lines]
        return np.asarray(lines[[known[row] for row in rows.tolist()]])

    def num_known(self, name: str, rows: np.ndarray, *, dim: int) -> int:
        """How many of ``rows`` need no computing."""
        known = self._read(name, dim)
        return sum(row in known for row in rows.tolist())

    def _add(self, name: str, rows: np.ndarray, lines: np.ndarray) -> None:
        lines = np.ascontiguousarray(lines, dtype=np.float32)
        known = self._known[name]
        known.update(zip(rows.tolist(), range(len(known), len(known) + len(rows)), strict=True))
        self._lines[name].append(lines)
        path = self._path(name)
        if path is not None:  # the rows last: a kill in between leaves lines that nothing points at
            with path.with_suffix(".lines").open("ab") as stream:
                stream.write(lines.tobytes())
            with path.with_suffix(".rows").open("ab") as stream:
                stream.write(rows.astype("<i8").tobytes())

    def _read(self, name: str, dim: int) -> dict[int, int]:
        if name in self._known:
            return self._known[name]
        self._known[name], self._lines[name] = {}, [np.zeros((0, dim), np.float32)]
        path = self._path(name)
        if path is None or not path.with_suffix(".rows").is_file():
            return self._known[name]
        rows = np.fromfile(path.with_suffix(".rows"), dtype="<i8")
        lines = np.fromfile(path.with_suffix(".lines"), dtype=np.float32)
        whole = min(len(rows), len(lines) // dim)
        self._known[name] = dict(zip(rows[:whole].tolist(), range(whole), strict=True))
        self._lines[name] = [lines[: whole * dim].reshape(whole, dim)]
        _cut(path.with_suffix(".rows"), whole * 8)
        _cut(path.with_suffix(".lines"), whole * dim * 4)
        return self._known[name]

    def _path(self, name: str) -> Path | None:
        if self._folder is None:
            return None
        self._folder.mkdir(parents=True, exist_ok=True)
        return self._folder / f"derived-{hashlib.sha256(name.encode()).hexdigest()[:16]}"


def _cut(path: Path, size_bytes: int) -> None:
    """Drop what a kill in the middle of a write left behind."""
    with path.open("r+b") as stream:
        stream.truncate(size_bytes)
