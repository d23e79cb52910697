"""Measures how fast a step runs in each number format, memory layout and thread count, and chooses the fastest.

Helps: on processors with bfloat16 units products run several times faster, and channels_last suits convolutions; which
of it holds, and whether a second thread helps or hurts, depends on machine, network and on who else is working.
Each setting is judged by its fastest step, because other work on the machine only ever makes a step slower.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

import torch

from whet.training.threads import using_threads

__all__ = ["Speed", "calibrate"]

TIMED = 3  # steps per setting, after one that warms up
TRIVIAL_S = 3e-4  # steps this short are all overhead: nothing to choose


@dataclass(frozen=True, kw_only=True)
class Speed:
    """How steps are run. Only ``num_threads`` leaves what is learnt the same but for rounding."""

    precision: str = "float32"
    channels_last: bool = True
    num_threads: int = 1
    table: tuple[Mapping[str, Any], ...] = field(default=(), compare=False)  # the measured settings, in order
    cut_at_s: float | None = field(default=None, compare=False)  # measuring ended then, with settings left to try

    def settings(self) -> dict[str, Any]:
        """What is chosen, without how it was found."""
        return {"precision": self.precision, "channels_last": self.channels_last, "num_threads": self.num_threads}

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {**asdict(self), "table": [dict(row) for row in self.table]}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what ``to_dict`` wrote."""
        return cls(**{**data, "table": tuple(data["table"])})


def calibrate(
    start: Speed,
    changes: list[dict[str, Any]],
    stepping: Callable[[Speed], Callable[[int], None]],
    *,
    budget_s: float,
    now: Callable[[], float],
) -> Speed:
    """The fastest of the settings that ``budget_s`` seconds allow to measure.

    Starts at ``start`` and tries one change after the other, keeping those that help: with three switches four
    measurements instead of eight. ``stepping(speed)`` gives a function that runs one step on a throw-away copy.
    """
    begin = now()
    table: list[Mapping[str, Any]] = []
    best, best_s, slowest_s, cut_at_s = start, float("inf"), 0.0, None
    for change in [{}, *changes]:
        if table and best_s < TRIVIAL_S:
            break
        if table and now() - begin + slowest_s + best_s > budget_s:
            cut_at_s = budget_s
            break
        tried = replace(best, **change)
        row = tried.settings()
        try:
            step_s, first_s = _step_s(tried, stepping(tried), budget_s - (now() - begin), now)
        except RuntimeError as fault:  # an operation without a bfloat16 form
            table.append({**row, "error": str(fault).splitlines()[0]})
            continue
        table.append({**row, "step_s": step_s})
        slowest_s = max(slowest_s, first_s)
        if step_s < best_s:
            best, best_s = tried, step_s
    return replace(best, table=tuple(table), cut_at_s=cut_at_s)


def _step_s(speed: Speed, step: Callable[[int], None], left_s: float, now: Callable[[], float]) -> tuple[float, float]:
    """Seconds of the fastest and of the first step; stops early when the time is up."""
    times: list[float] = []
    with using_threads(speed.num_threads):
        while len(times) <= TIMED and (not times or sum(times) + times[-1] < left_s):
            begin = now()
            step(len(times))
            if torch.cuda.is_available():
                torch.cuda.synchronize()
            times.append(now() - begin)
    return min(times[1:] or times), times[0]
