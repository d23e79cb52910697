"""What the loop tells whoever watches: the live panel, a notebook, a test. The default says nothing."""

from __future__ import annotations

from whet.training.fitted import Progress

__all__ = ["Observer"]


class Observer:
    """Override what you want to see. Calls come from the thread that runs the loop."""

    def begin(self, *, budget_s: float | None, elapsed_s: float, title: str) -> None:
        """The run starts or is resumed."""

    def say(self, message: str) -> None:
        """One sentence that a person should see: what was inferred, adopted, left out."""

    def doing(self, what: str) -> None:
        """What is being tried now."""

    def progress(self, progress: Progress) -> None:
        """The running training moved on."""

    def best(self, title: str, score: float, metric: str) -> None:
        """There is a new best model on disk."""

    def end(self) -> None:
        """The run is over, however it ended."""
