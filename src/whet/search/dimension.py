"""One dimension of a search space: what values it has, how it is drawn from, and what a grid takes of it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

__all__ = ["Choice", "Dimension", "Real", "Whole", "label"]

POINTS = 3  # of a range that a grid takes, where the space does not say


class Dimension(Protocol):
    """``when``: other dimensions by name with the values at which this one is active; empty: always."""

    @property
    def when(self) -> Mapping[str, Sequence[Any]]:
        """See the class."""
        ...

    def faults(self) -> list[str]:
        """What is wrong with it, each a clause such as "low must be below high; got 3 and 2"."""
        ...

    def draw(self, uniform: float) -> Any:
        """The value at ``uniform``, a number in [0, 1)."""
        ...

    def grid(self) -> tuple[Any, ...]:
        """The values that a grid visits, each once."""
        ...

    def holds(self, value: Any) -> bool:
        """Whether ``value`` can be drawn."""
        ...

    def to_dict(self) -> dict[str, Any]:
        """The file form."""
        ...


@dataclass(frozen=True, kw_only=True)
class Real:
    """Numbers from ``low`` to ``high``; with ``log``, equal ratios are equally likely.

    >>> Real(low=1e-4, high=1e-2, log=True).draw(0.5)
    0.001
    """

    low: float
    high: float
    log: bool = False
    points: int = POINTS  # of a grid
    when: Mapping[str, Sequence[Any]] = field(default_factory=dict)

    def faults(self) -> list[str]:
        """See ``Dimension``."""
        return _range_faults(self.low, self.high, self.log, self.points)

    def draw(self, uniform: float) -> float:
        """Rounded to six digits, so that a value reads the same in every file."""
        if self.log:
            value = math.exp(math.log(self.low) + uniform * (math.log(self.high) - math.log(self.low)))
        else:
            value = self.low + uniform * (self.high - self.low)
        return float(min(self.high, max(self.low, float(f"{value:.6g}"))))

    def grid(self) -> tuple[float, ...]:
        """``points`` values from end to end."""
        if self.points == 1:
            return (self.draw(0.5),)
        return tuple(dict.fromkeys(self.draw(i / (self.points - 1)) for i in range(self.points)))

    def holds(self, value: Any) -> bool:
        """See ``Dimension``."""
        return isinstance(value, int | float) and not isinstance(value, bool) and self.low <= value <= self.high

    def to_dict(self) -> dict[str, Any]:
        """See ``Dimension``."""
        return {"kind": "real", "low": self.low, "high": self.high, **_extras(self.log, 1, self.points, self.when)}


@dataclass(frozen=True, kw_only=True)
class Whole:
    """Whole numbers from ``low`` to ``high`` in steps of ``step``, or logarithmically.

    >>> Whole(low=16, high=64, step=16).grid(), Whole(low=1, high=100, log=True).grid()
    ((16, 48, 64), (1, 10, 100))
    """

    low: int
    high: int
    log: bool = False
    step: int = 1
    points: int = POINTS  # of a grid, at most
    when: Mapping[str, Sequence[Any]] = field(default_factory=dict)

    def faults(self) -> list[str]:
        """See ``Dimension``."""
        faults = _range_faults(self.low, self.high, self.log, self.points)
        faults += [f"step must be at least 1; got {self.step!r}"] if self.step < 1 else []
        if self.log and self.step != 1:
            faults.append(f"step must be 1 where log is true; got {self.step!r}")
        if not faults and (self.high - self.low) % self.step:
            faults.append(f"high must be low plus a multiple of step; got {self.low}, {self.high} and {self.step}")
        return faults

    def draw(self, uniform: float) -> int:
        """Every whole number of the range has its share."""
        if self.log:
            low, high = math.log(self.low - 0.5), math.log(self.high + 0.5)
            return min(self.high, max(self.low, round(math.exp(low + uniform * (high - low)))))
        count = (self.high - self.low) // self.step + 1
        return self.low + self.step * min(count - 1, int(uniform * count))

    def grid(self) -> tuple[int, ...]:
        """At most ``points`` values from end to end."""
        ends = Real(low=self.low, high=self.high, log=self.log, points=self.points).grid()
        return tuple(dict.fromkeys(self.low + self.step * round((v - self.low) / self.step) for v in ends))

    def holds(self, value: Any) -> bool:
        """See ``Dimension``."""
        is_whole = isinstance(value, int) and not isinstance(value, bool)
        return is_whole and self.low <= value <= self.high and (value - self.low) % self.step == 0

    def to_dict(self) -> dict[str, Any]:
        """See ``Dimension``."""
        extras = _extras(self.log, self.step, self.points, self.when)
        return {"kind": "whole", "low": self.low, "high": self.high, **extras}


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One of ``values``, which JSON can hold.

    >>> Choice(values=("cosine", "linear")).draw(0.7)
    'linear'
    """

    values: Sequence[Any]
    when: Mapping[str, Sequence[Any]] = field(default_factory=dict)

    def faults(self) -> list[str]:
        """See ``Dimension``."""
        if not self.values:
            return ["values must not be empty"]
        labels = [label(v) for v in self.values]
        twice = sorted({each for each in labels if labels.count(each) > 1})
        return [f"values must differ; got {', '.join(twice)} more than once"] if twice else []

    def draw(self, uniform: float) -> Any:
        """See ``Dimension``."""
        return self.values[min(len(self.values) - 1, int(uniform * len(self.values)))]

    def grid(self) -> tuple[Any, ...]:
        """All of them."""
        return tuple(self.values)

    def holds(self, value: Any) -> bool:
        """See ``Dimension``."""
        return label(value) in [label(v) for v in self.values]

    def to_dict(self) -> dict[str, Any]:
        """See ``Dimension``."""
        return {"kind": "choice", "values": list(self.values), **({"when": _plain(self.when)} if self.when else {})}


def label(value: Any) -> str:
    """A value of a choice as one word: how the study stores it and plots show it.

    >>> label("cosine"), label(None), label([64, 128]), label(True)
    ('cosine', 'null', '[64, 128]', 'true')
    """
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def _range_faults(low: float, high: float, log: bool, points: int) -> list[str]:
    faults = []
    if not (math.isfinite(low) and math.isfinite(high)):
        faults.append(f"low and high must be finite; got {low!r} and {high!r}")
    elif low >= high:
        faults.append(f"low must be below high; got {low!r} and {high!r}")
    if log and low <= 0:
        faults.append(f"low must be positive where log is true; got {low!r}")
    if points < 1:
        faults.append(f"points must be at least 1; got {points!r}")
    return faults


def _extras(log: bool, step: int, points: int, when: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    given = {"log": log, "step": step, "points": points, "when": _plain(when)}
    usual = {"log": False, "step": 1, "points": POINTS, "when": {}}
    return {name: value for name, value in given.items() if value != usual[name]}


def _plain(when: Mapping[str, Sequence[Any]]) -> dict[str, list[Any]]:
    return {name: list(values) for name, values in when.items()}
