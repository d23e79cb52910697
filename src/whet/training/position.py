"""Where a training stands besides its tensors: what a checkpoint keeps as JSON."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from whet.training.fitted import CurvePoint
from whet.training.patience import Patience

__all__ = ["Position"]


@dataclass(kw_only=True)
class Position:
    """Changes as the training goes on."""

    step: int = 0  # steps taken
    evaluated_at: int = -1  # the step of the last evaluation
    marks_done: int = 0
    curve: list[CurvePoint] = field(default_factory=list)
    stopping: Patience | None = None  # early stopping, where asked for
    plateau: Patience | None = None  # the plateau schedule, where asked for
    rate_factor: float = 1.0  # plateaus and a restart lower it
    best_point: CurvePoint | None = None  # of the weights that early stopping goes back to
    is_stopped: bool = False  # early stopping has spoken
    has_retried: bool = False

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)

    def become(self, other: Position) -> None:
        """Take over every field of ``other``, so that all who hold this position see it."""
        vars(self).update(copy.deepcopy(vars(other)))

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what ``to_dict`` wrote."""
        best = data["best_point"]
        return cls(
            **{
                **data,
                "curve": [CurvePoint(**p) for p in data["curve"]],
                "stopping": _patience(data["stopping"]),
                "plateau": _patience(data["plateau"]),
                "best_point": None if best is None else CurvePoint(**best),
            }
        )


def _patience(data: Mapping[str, Any] | None) -> Patience | None:
    if data is None:
        return None
    best = data["best"]
    return Patience(**{**data, "best": None if best is None else tuple(best)})
