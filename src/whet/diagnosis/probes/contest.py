"""Two short trainings side by side: as the user has it, and with one thing changed."""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["Contest"]


@dataclass(frozen=True, kw_only=True)
class Contest:
    """Losses before each step, on the same batches with the same optimiser."""

    own: tuple[float, ...]
    changed: tuple[float, ...]

    def ends(self) -> tuple[float, float]:
        """Mean loss over the last third, of each; infinite where it broke."""
        return _end(self.own), _end(self.changed)

    def harm(self) -> float:
        """By how much worse the user's end is, in units of the way that the changed training went; 0: no worse.

        >>> Contest(own=(2.0, 2.0, 2.0), changed=(2.0, 1.5, 1.0)).harm()
        1.0
        """
        own, changed = self.ends()
        if not math.isfinite(changed):
            return 0.0
        if not math.isfinite(own):
            return float("inf")
        way = max(self.changed[0] - changed, 0.2 * abs(changed), 1e-12)
        return max(0.0, own - changed) / way


def _end(losses: tuple[float, ...]) -> float:
    if not losses or not math.isfinite(losses[-1]):
        return float("inf")
    last = losses[-max(1, len(losses) // 3) :]
    return sum(last) / len(last)
