"""Collect sequences of ids block by block, in memory or, beyond a limit, in a memory-mapped file."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import BinaryIO

import numpy as np

from whet.data.inputs import RaggedPart

__all__ = ["RaggedWriter"]


class RaggedWriter:
    """Takes blocks of sequences in order and gives one ``RaggedPart``.

    >>> writer = RaggedWriter()
    >>> writer.add(np.array([4, 5, 6]), np.array([1, 0, 2]))
    >>> writer.part().gather(np.arange(3)).tolist()
    [[4, 0], [0, 0], [5, 6]]
    """

    def __init__(self, scratch: Path | None = None, *, memory_limit_bytes: int = 64 << 20) -> None:
        self._scratch = scratch
        self._limit = memory_limit_bytes
        self._blocks: list[np.ndarray] = []
        self._lengths: list[np.ndarray] = []
        self._held_bytes = 0
        self._file: BinaryIO | None = None
        self._path: Path | None = None

    def add(self, ids: np.ndarray, lengths: np.ndarray) -> None:
        """``ids``: the ids of the block's sequences on end; ``lengths``: (sequences,) their lengths."""
        self._blocks.append(ids.astype(np.int32))
        self._lengths.append(lengths.astype(np.int64))
        self._held_bytes += self._blocks[-1].nbytes
        if self._scratch is not None and self._held_bytes > self._limit:
            self._spill(self._scratch)

    def part(self) -> RaggedPart:
        """Every sequence added so far; call it once, at the end."""
        lengths = np.concatenate([np.zeros(1, np.int64), *self._lengths])
        return RaggedPart(self._flat(), np.cumsum(lengths), np.arange(len(lengths) - 1))

    def _spill(self, scratch: Path) -> None:
        if self._file is None:
            scratch.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix="ragged-", suffix=".int32", dir=scratch)
            self._file, self._path = os.fdopen(handle, "wb"), Path(name)
        for block in self._blocks:
            self._file.write(block.tobytes())
        self._blocks, self._held_bytes = [], 0

    def _flat(self) -> np.ndarray:
        if self._file is None or self._path is None or self._scratch is None:
            return np.concatenate([np.zeros(0, np.int32), *self._blocks])
        self._spill(self._scratch)
        self._file.close()
        return np.memmap(self._path, dtype=np.int32, mode="r")
