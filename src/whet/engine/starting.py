"""Start the engine that a number of workers asks for, and see to it that it is closed however the run ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from whet.engine.bench import Bench
from whet.engine.engine import Engine, ThisProcess
from whet.engine.processes import Processes
from whet.engine.together import SeedsTogether

__all__ = ["started_engine"]


@contextmanager
def started_engine(num_workers: int, folder: Path) -> Iterator[Callable[[Bench], Engine]]:
    """Gives what turns a bench into an engine; worker processes start at once, while the data are still being read.

    ``folder`` is for what run and workers exchange; it is gone afterwards.
    """
    if num_workers == 1:
        yield lambda bench: SeedsTogether(ThisProcess(bench))
        return
    processes = Processes(num_workers, folder)
    try:
        yield processes.open
    finally:
        processes.close()
