"""Time one thing in a process of its own, so that the allocator's state is its own as well."""

from __future__ import annotations

import multiprocessing
import resource
from collections.abc import Callable

__all__ = ["cpu_seconds", "second_of_two"]


def cpu_seconds() -> float:
    """Processor time of this process and of those of its children that have ended, such as a DataLoader's workers."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def second_of_two(run: Callable[[], tuple[float, ...]]) -> tuple[float, ...]:
    """What ``run`` gives the second time in a forked process; the first time warms up."""
    context = multiprocessing.get_context("fork")
    receiving, sending = context.Pipe(duplex=False)

    def work() -> None:
        run()
        sending.send(run())

    process = context.Process(target=work)
    process.start()
    sending.close()  # so that ``recv`` fails, and does not wait for ever, where the process dies
    found: tuple[float, ...] = receiving.recv()
    process.join()
    return found
