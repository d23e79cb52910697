"""How much memory a piece of work takes at its peak, beyond what the process held before.

On Linux the kernel keeps the high-water mark of resident memory; it is set back before the work (``clear_refs``) and
read after it, so no short peak is missed. Where the mark cannot be set back, a thread samples the resident size every
5 ms, which may miss one. On a GPU PyTorch's allocator keeps the mark. Elsewhere nothing is measured. Memory that
earlier work has freed is first handed back to the system, so that reusing it counts.
"""

from __future__ import annotations

import ctypes
import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["PeakMemory", "peak_memory"]

PROCESS = Path("/proc/self")
SAMPLE_S = 0.005
MARK, SAMPLED, DEVICE, NONE = (
    "high-water mark of resident memory, set back before each training",
    "resident memory sampled every 5 ms",
    "high-water mark of the GPU allocator",
    "not measured: this system does not tell",
)


class PeakMemory:
    """``rise_mb``: megabytes (10^6 bytes) at the peak beyond the start; None where it cannot be measured."""

    def __init__(self) -> None:
        self.rise_mb: float | None = None
        self.how = NONE


@contextmanager
def peak_memory(device: str = "cpu", *, process: Path = PROCESS) -> Iterator[PeakMemory]:
    """Measure the block; the result is filled in when it ends, also by an error.

    >>> with peak_memory() as peak:
    ...     work = b"x" * 50_000_000
    >>> peak.rise_mb is None or 45 < peak.rise_mb < 90
    True
    """
    peak = PeakMemory()
    if device.startswith("cuda"):
        yield from _on_device(peak, device)
        return
    _hand_back()
    before = _status(process, "VmRSS")
    if before is None:
        yield peak
        return
    if _set_back(process):
        peak.how = MARK
        try:
            yield peak
        finally:
            peak.rise_mb = _rise(before, _status(process, "VmHWM"))
        return
    yield from _sampled(peak, before, process)


def _on_device(peak: PeakMemory, device: str) -> Iterator[PeakMemory]:
    import torch

    peak.how = DEVICE
    torch.cuda.reset_peak_memory_stats(device)
    before = torch.cuda.memory_allocated(device)
    try:
        yield peak
    finally:
        peak.rise_mb = _rise(before, torch.cuda.max_memory_allocated(device))


def _sampled(peak: PeakMemory, before: int, process: Path) -> Iterator[PeakMemory]:
    highest, done = before, threading.Event()

    def watch() -> None:
        nonlocal highest
        while not done.wait(SAMPLE_S):
            highest = max(highest, _status(process, "VmRSS") or 0)

    peak.how = SAMPLED
    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield peak
    finally:
        done.set()
        watcher.join()
        peak.rise_mb = _rise(before, max(highest, _status(process, "VmRSS") or 0))


def _rise(before: int, highest: int | None) -> float | None:
    return None if highest is None else max(0.0, (highest - before) / 1e6)


def _status(process: Path, name: str) -> int | None:
    """Bytes of a line such as "VmRSS:  1234 kB"; None where the system has no such file."""
    try:
        lines = (process / "status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    found = [line.split()[1] for line in lines if line.startswith(f"{name}:")]
    return int(found[0]) * 1024 if found else None


def _set_back(process: Path) -> bool:
    """Whether the high-water mark now equals what is resident."""
    try:
        (process / "clear_refs").write_text("5", encoding="utf-8")
    except OSError:
        return False
    return _status(process, "VmHWM") is not None


def _hand_back() -> None:
    """Return freed memory to the system, where the C library can."""
    gc.collect()
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (OSError, AttributeError):  # another C library
        return
