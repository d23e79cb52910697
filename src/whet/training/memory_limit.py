"""Hold this process to an amount of memory: what would go beyond it fails, and the training takes smaller batches.

The kernel counts writable private memory (``RLIMIT_DATA``), not pages of memory-mapped files, which it may drop at any
moment. Only Linux counts so; elsewhere the block runs without a limit.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["held_bytes", "limited_memory", "resident_bytes"]

LEAST_BYTES = 64 << 20  # that a block may always take, or nothing at all could run


@contextmanager
def limited_memory(limit_bytes: int | None) -> Iterator[None]:
    """Run the block with at most ``limit_bytes`` held by this process; None: no limit. Blocks may be nested."""
    if limit_bytes is None or sys.platform != "linux":
        yield
        return
    import resource

    former = resource.getrlimit(resource.RLIMIT_DATA)
    room = max(LEAST_BYTES, limit_bytes - held_bytes())
    asked = _status("self", "VmData") + room
    soft = min(asked, *(bound for bound in former if bound != resource.RLIM_INFINITY), asked)
    resource.setrlimit(resource.RLIMIT_DATA, (soft, former[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, former)


def held_bytes(pid: int | str = "self") -> int:
    """Memory of a process that only itself can give back; 0 where the system does not tell or the process is gone."""
    return _status(pid, "RssAnon") + _status(pid, "RssShmem")


def resident_bytes(pid: int | str = "self") -> int:
    """The same and the pages of files that are in memory on its behalf: libraries, and memory-mapped data."""
    return _status(pid, "VmRSS")


def _status(pid: int | str, name: str) -> int:
    try:
        text = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return 0
    found = [line.split()[1] for line in text.splitlines() if line.startswith(f"{name}:")]
    return int(found[0]) * 1024 if found else 0
