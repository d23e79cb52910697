"""One prediction explained, as plain values that survive JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from whet.errors import DataError

__all__ = ["Explanation"]


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """Which parts of one example spoke for (above 0) or against (below 0) the prediction.

    Of ``words``, ``heat``, ``steps`` and ``columns`` the one that suits the example is filled.
    """

    where: str  # "row 17" or "cat/0001.jpg"
    truth: str  # empty where it is not known
    prediction: str
    probability: float | None  # of the prediction, in [0, 1]; None for a number
    method: str  # registered name
    title: str  # of the method, for people
    citation: str
    scope: str  # which part of the model was asked
    unit: str  # of the weights
    is_signed: bool  # False: weights are 0 or more and say where, not for what
    words: tuple[tuple[str, float], ...] = ()  # pieces that on end are the text, each with its weight
    heat: tuple[tuple[float, ...], ...] = ()  # (h, w) over the picture, at most 28 along a side
    steps: tuple[float, ...] = ()  # (T,) over the series
    columns: tuple[tuple[str, str, float], ...] = ()  # name, value in this row, weight
    picture: str = ""  # the example itself: data URI of a PNG
    series: tuple[float, ...] = ()  # the example itself: first channel, NaN never

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what ``to_dict`` wrote, also after a round trip through JSON (which turns tuples to lists).

        Raises:
            DataError: keys are missing or not known.
        """
        try:
            return cls(**{name: _tuples(value) for name, value in data.items()})
        except TypeError as fault:
            raise DataError(f"the explanation cannot be read: {fault}. Was it written by another Whet?") from fault


def _tuples(value: Any) -> Any:
    return tuple(_tuples(v) for v in value) if isinstance(value, list | tuple) else value
