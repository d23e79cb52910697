"""How much memory this process and those that it started hold together, at most, while a block runs.

Two figures: what is held (private memory, which only the processes can give back) and what is resident (that and the
pages of files that the kernel keeps in memory for them and may drop at will: libraries and memory-mapped data; a page
that several processes share counts once for each). A thread looks every tenth of a second, so a shorter peak may be
missed. Only Linux tells; elsewhere both stay at zero.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from whet.training.memory_limit import held_bytes, resident_bytes

__all__ = ["TreeMemory"]

SAMPLE_S = 0.1


class TreeMemory:
    """Peaks so far, in bytes.

    >>> with TreeMemory() as memory:
    ...     work = bytearray(50_000_000)
    ...     memory.look()
    >>> memory.held_bytes == 0 or memory.held_bytes > 50_000_000
    True
    """

    def __init__(self) -> None:
        self.held_bytes = 0
        self.resident_bytes = 0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def look(self) -> None:
        """Take one sample now."""
        pids = family(os.getpid())
        self.held_bytes = max(self.held_bytes, sum(held_bytes(pid) for pid in pids))
        self.resident_bytes = max(self.resident_bytes, sum(resident_bytes(pid) for pid in pids))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(SAMPLE_S):
            self.look()


def family(pid: int) -> list[int]:
    """A process and all that descend from it and are still running, as far as the system tells."""
    found = [pid]
    for each in found:
        for task in Path(f"/proc/{each}/task").glob("*/children"):
            try:
                found += [int(child) for child in task.read_text(encoding="utf-8").split()]
            except OSError:  # it ended meanwhile
                continue
    return found
