"""Who is told what an audit does; an ``Observer`` of a run will do."""

from __future__ import annotations

from typing import Protocol

__all__ = ["Silent", "Watcher"]


class Watcher(Protocol):
    """A live panel, a notebook, a test."""

    def say(self, message: str) -> None:
        """One sentence that a person should see."""
        ...

    def doing(self, what: str) -> None:
        """What is looked for now."""
        ...


class Silent:
    """Nobody watches."""

    def say(self, message: str) -> None:
        """See ``Watcher.say``."""

    def doing(self, what: str) -> None:
        """See ``Watcher.doing``."""
