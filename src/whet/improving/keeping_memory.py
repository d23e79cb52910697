"""Keep a run under the memory that the user allows: say what it took, and say plainly where it cannot be kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from whet.engine.tree_memory import TreeMemory
from whet.errors import RunError
from whet.memory import say_memory
from whet.training.memory_limit import limited_memory

__all__ = ["kept_memory"]


@contextmanager
def kept_memory(
    limit_bytes: int | None, own_bytes: int | None, *, say: Callable[[str], None] = lambda _: None
) -> Iterator[TreeMemory]:
    """Measure the block, in which this process may hold ``own_bytes`` and all together ``limit_bytes``.

    Raises:
        RunError: something other than a training needs more than that.
    """
    with TreeMemory() as memory:
        try:
            with limited_memory(own_bytes):
                yield memory
        except MemoryError as fault:
            if limit_bytes is None:
                raise
            raise RunError(
                f"the run needs more memory than the {say_memory(limit_bytes)} of --memory, in a step that cannot be "
                "done in parts. Allow more, or give fewer examples."
            ) from fault
    if limit_bytes is not None and memory.held_bytes:
        say(
            f"memory: at most {say_memory(memory.held_bytes)} held, {say_memory(memory.resident_bytes)} resident with "
            f"pages of files; the limit was {say_memory(limit_bytes)}"
        )
