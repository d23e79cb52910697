"""How many processor cores this process may really use, and a block that runs with a given number of threads.

The machine's core count misleads in containers: affinity and the control group's quota are what the kernel enforces.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

__all__ = ["available_cores", "threads_are_free", "threads_for", "using_threads"]

TRIES = 5  # of the few milliseconds that show whether threads run side by side
FEW_EXAMPLES = 2_000  # a library's fit on so few takes about a second; threads waiting for each other take minutes


def available_cores(control_groups: Path = Path("/sys/fs/cgroup")) -> int:
    """Cores by affinity and by control-group quota, at least 1.

    >>> available_cores() >= 1
    True
    """
    affinity = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = _quota(control_groups)
    return affinity if quota is None else max(1, min(affinity, int(quota)))


@contextmanager
def using_threads(count: int) -> Iterator[None]:
    """Run the block with ``count`` intra-operation threads, then put the former number back."""
    former = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(former)


def threads_are_free(count: int) -> bool:
    """Whether ``count`` threads run at all side by side just now.

    Where other work holds a core, threads wait for each other at the end of every operation, and a training step takes
    up to a hundred times as long. A few additions show it in milliseconds; a training step would take seconds to.
    """
    values = torch.ones(200_000)
    with using_threads(count):
        values.add(1.0)  # starts the threads
    tries = [_slows_down(values, count) for _ in range(TRIES)]  # one alone is wrong at times, mostly the very first
    return sum(tries) <= TRIES // 2


def _slows_down(values: torch.Tensor, count: int) -> bool:
    """Whether additions with ``count`` threads take twice as long as with one, which no free core explains."""

    def additions_s(threads: int) -> float:
        with using_threads(threads):
            begin = time.perf_counter()
            for _ in range(20):
                values.add(1.0)
            return time.perf_counter() - begin

    return additions_s(count) > 2 * additions_s(1)


def threads_for(num_examples: int) -> int:
    """Threads for a library's fit, which keeps their number to its end: one for few examples, or if a core is busy.

    >>> threads_for(100)
    1
    """
    cores = available_cores()
    return cores if num_examples > FEW_EXAMPLES and threads_are_free(cores) else 1


def _quota(root: Path) -> float | None:
    """Cores granted by cgroup v2 (cpu.max: "quota period") or v1 (two files); None where nothing limits them."""
    v2, v1 = root / "cpu.max", root / "cpu"
    try:
        if v2.is_file():
            quota, period = v2.read_text().split()
        else:
            quota, period = ((v1 / f"cpu.cfs_{name}_us").read_text().strip() for name in ("quota", "period"))
    except OSError:  # no control groups here
        return None
    return float(quota) / float(period) if quota not in ("max", "-1") else None
