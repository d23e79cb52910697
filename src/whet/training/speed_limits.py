"""What the machine itself can do: products of matrices in each number format, and bytes through memory.

Measured, not looked up: clock rates, other work and virtual machines make data sheets worthless here. The fastest of
several tries counts, because other work only ever makes one slower.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from whet.training.threads import using_threads

__all__ = ["Limits", "measure_limits"]

SIDE = 1024  # of the multiplied matrices: large enough for the peak, 4 MB each in float32
COPIED = 16_000_000  # float32 numbers, 64 MB: more than the caches hold
LEAST_TRIES = 2


@dataclass(frozen=True, kw_only=True)
class Limits:
    """By (precision, threads): operations per second; by threads: bytes per second, read and written."""

    operations: dict[tuple[str, int], float]
    bandwidth: dict[int, float]

    def least_s(self, *, precision: str, num_threads: int, operations: float, moved_bytes: float) -> float:
        """Seconds that a step of so many operations and bytes takes at least ("roofline", Williams et al., 2009).

        >>> limits = Limits(operations={("float32", 1): 100.0}, bandwidth={1: 10.0})
        >>> limits.least_s(precision="float32", num_threads=1, operations=300.0, moved_bytes=10.0)
        3.0
        """
        return max(operations / self.operations[precision, num_threads], moved_bytes / self.bandwidth[num_threads])


def measure_limits(
    threads: Sequence[int],
    *,
    budget_s: float,
    side: int = SIDE,
    copied: int = COPIED,
    now: Callable[[], float] = time.perf_counter,
) -> Limits:
    """Peaks on the CPU for each number of threads, in about ``budget_s`` seconds."""
    operations: dict[tuple[str, int], float] = {}
    bandwidth: dict[int, float] = {}
    share_s = budget_s / (3 * len(threads))
    source, sink = torch.ones(copied), torch.empty(copied)
    for count in threads:
        with using_threads(count):
            for precision, dtype in (("float32", torch.float32), ("bfloat16", torch.bfloat16)):
                left = torch.ones(side, side, dtype=dtype)
                taken = _fastest(lambda x=left: x @ x, share_s, now)  # type: ignore[misc]
                operations[precision, count] = 2.0 * side**3 / taken
            bandwidth[count] = 2.0 * sink.nbytes / _fastest(lambda: sink.copy_(source), share_s, now)
    return Limits(operations=operations, bandwidth=bandwidth)


def _fastest(work: Callable[[], object], budget_s: float, now: Callable[[], float]) -> float:
    begin, times = now(), list[float]()
    work()  # loads kernels
    while len(times) < LEAST_TRIES or now() - begin < budget_s:
        then = now()
        work()
        times.append(now() - then)
    return max(1e-9, min(times))
