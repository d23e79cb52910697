"""Everything that is known of a training that disappoints. What is costly is measured when asked for, and kept."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

from whet.diagnosis.outcome import Outcome
from whet.diagnosis.setup import Setup
from whet.watching.trace import Trace

__all__ = ["Case"]

T = TypeVar("T")


class Case:
    """What rules look at; any of the three parts may be missing.

    Args:
        setup: the parts of the training script: model, loaders, loss, optimiser. Never changed: probes work on copies.
        trace: what was seen of a training.
        outcome: what the trained model does on examples.
        until: moment of ``time.monotonic`` after which no new experiment begins.
        seed: of every draw that probes make.
    """

    def __init__(
        self,
        *,
        setup: Setup | None = None,
        trace: Trace | None = None,
        outcome: Outcome | None = None,
        until: float | None = None,
        seed: int = 0,
    ) -> None:
        self.setup, self.trace, self.outcome = setup, trace, outcome
        self.until, self.seed = until, seed
        self._known: dict[Callable[[Case], Any], Any] = {}

    def ask(self, probe: Callable[[Case], T]) -> T:
        """What ``probe`` measures. It runs once; an error that kept it from measuring is kept and raised again.

        >>> calls = []
        >>> case = Case()
        >>> case.ask(lambda case: calls.append(1) or 5)
        5
        """
        if probe not in self._known:
            try:
                self._known[probe] = probe(self)
            except Exception as error:  # also what the user's own code raised: asking again would only take time
                self._known[probe] = error
        known = self._known[probe]
        if isinstance(known, Exception):
            raise known
        result: T = known
        return result

    def left_s(self) -> float:
        """Seconds left for experiments; infinite without a limit."""
        return float("inf") if self.until is None else self.until - time.monotonic()
