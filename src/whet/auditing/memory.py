"""What several checks need is computed once and kept with the inspection, as its cached properties are."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from whet.auditing.inspection import Inspection

__all__ = ["remembered"]

T = TypeVar("T")


def remembered(inspection: Inspection, name: str, compute: Callable[[], T]) -> T:
    """The value of ``compute`` the first time; the same object whenever ``name`` is asked for again."""
    memory: dict[str, T] = inspection.__dict__.setdefault("_memory", {})
    if name not in memory:
        memory[name] = compute()
    return memory[name]
