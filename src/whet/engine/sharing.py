"""How a limit on memory is shared out between the run and its workers."""

from __future__ import annotations

from whet.errors import ConfigError
from whet.memory import say_memory
from whet.training.threads import available_cores

__all__ = ["LEAST_BYTES", "memory_of_each", "num_workers_of"]

FILES_BYTES = 160_000_000  # pages of Python's, PyTorch's and the other libraries' files in each process
NEEDED_BYTES = 500_000_000  # that a process should be able to hold: 200 MB when idle, and a training
LEAST_BYTES = FILES_BYTES + NEEDED_BYTES


def num_workers_of(workers: int | str, memory_bytes: int | None = None) -> int:
    """A number as it is; "auto": the cores that this process may use. Fewer where memory would not do for them.

    The run itself is a process too; where a limit leaves room for fewer than two workers, it trains by itself.

    >>> num_workers_of(3), num_workers_of("auto") == available_cores()
    (3, True)
    >>> num_workers_of(8, 4_000_000_000), num_workers_of(2, 1_500_000_000)
    (5, 1)
    """
    wanted = available_cores() if workers == "auto" else int(workers)
    if memory_bytes is None:
        return wanted
    room = memory_bytes // LEAST_BYTES - 1
    return min(wanted, room) if room >= 2 else 1


def memory_of_each(memory_bytes: int | None, num_workers: int) -> int | None:
    """What each process may hold so that all together, with their libraries, stay under the limit.

    Raises:
        ConfigError: the limit is too small for one process.

    >>> memory_of_each(1_000_000_000, 1), memory_of_each(4_000_000_000, 2), memory_of_each(None, 2)
    (840000000, 1173333333, None)
    """
    if memory_bytes is None:
        return None
    if memory_bytes < LEAST_BYTES:
        raise ConfigError(
            f"memory must be at least {say_memory(LEAST_BYTES)}, which Python and its libraries take half of; "
            f"got {say_memory(memory_bytes)}."
        )
    count = 1 if num_workers == 1 else num_workers + 1
    return memory_bytes // count - FILES_BYTES
