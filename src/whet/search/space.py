"""A typed search space: dimensions by the dotted recipe field that they set.

Any field of a recipe can be searched: "optimiser.lr", "settings.width", "regularisation.mixup", "augment",
"batch_size", "encoding.rare". ``fields.changed`` turns drawn values into a recipe; ``space_file`` is the YAML form.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from whet.errors import ConfigError, did_you_mean
from whet.search.dimension import Choice, Dimension, Whole, label

__all__ = ["Space", "Values"]

Values = Mapping[str, Any]  # of the active dimensions, by field


@dataclass(frozen=True)
class Space:
    """Dimensions by field.

    >>> from whet.search.dimension import Real
    >>> space = Space({"optimiser.name": Choice(values=("adamw", "sgd")),
    ...                "optimiser.momentum": Real(low=0.5, high=0.9, when={"optimiser.name": ("sgd",)})})
    >>> list(space.combinations())[0], space.num_combinations()
    ({'optimiser.name': 'adamw'}, 4)
    """

    dimensions: Mapping[str, Dimension]

    def __post_init__(self) -> None:
        if not self.dimensions:
            raise ConfigError("a search space needs at least one dimension; got none.")
        faults = [f"{name}: {fault}." for name, d in self.dimensions.items() for fault in d.faults()]
        faults += [f"{name}: {fault}" for name, d in self.dimensions.items() for fault in self._when_faults(d)]
        if faults:
            raise ConfigError("the search space cannot be used. " + " ".join(faults))
        _ = self.ordered

    @cached_property
    def ordered(self) -> tuple[str, ...]:
        """The names such that a dimension comes after those that decide whether it is active."""
        order: list[str] = []
        waiting = list(self.dimensions)
        while waiting:
            ready = [n for n in waiting if all(other in order for other in self.dimensions[n].when)]
            if not ready:
                raise ConfigError(f"the search space goes round in circles: {', '.join(waiting)} wait for each other.")
            order += ready
            waiting = [n for n in waiting if n not in ready]
        return tuple(order)

    def is_active(self, name: str, values: Values) -> bool:
        """Whether the dimension counts, given the values of those before it."""
        when = self.dimensions[name].when
        return all(n in values and label(values[n]) in [label(v) for v in allowed] for n, allowed in when.items())

    def draw(self, generator: np.random.Generator) -> dict[str, Any]:
        """Independent values of the active dimensions; every dimension takes its draw, active or not."""
        uniform = dict(zip(self.ordered, generator.random(len(self.ordered)).tolist(), strict=True))
        values: dict[str, Any] = {}
        for name in self.ordered:
            if self.is_active(name, values):
                values[name] = self.dimensions[name].draw(uniform[name])
        return values

    def combinations(self) -> Iterator[dict[str, Any]]:
        """Every combination of the grid's values, each once: what an inactive dimension would be does not count."""
        yield from self._combined(0, {})

    def num_combinations(self) -> int:
        """How many ``combinations`` there are, without going through them all."""
        controllers = [n for n in self.ordered if any(n in d.when for d in self.dimensions.values())]
        if not controllers:
            return int(np.prod([float(len(d.grid())) for d in self.dimensions.values()]))
        deciding = Space({n: self.dimensions[n] for n in controllers})
        total = 0
        for values in deciding.combinations():
            rest = [n for n in self.ordered if n not in controllers and self.is_active(n, values)]
            total += int(np.prod([float(len(self.dimensions[n].grid())) for n in rest]))
        return total

    def holds(self, values: Values) -> bool:
        """Whether these values could have been drawn."""
        active = [n for n in self.ordered if self.is_active(n, values)]
        return set(active) == set(values) and all(self.dimensions[n].holds(values[n]) for n in active)

    def key(self, values: Values) -> tuple[tuple[str, str], ...]:
        """Equal for equal values."""
        return tuple((name, label(values[name])) for name in self.ordered if name in values)

    def to_dict(self) -> dict[str, Any]:
        """The file form, without the version."""
        return {name: dimension.to_dict() for name, dimension in self.dimensions.items()}

    def _combined(self, place: int, values: dict[str, Any]) -> Iterator[dict[str, Any]]:
        if place == len(self.ordered):
            yield dict(values)
            return
        name = self.ordered[place]
        if not self.is_active(name, values):
            yield from self._combined(place + 1, values)
            return
        yield from itertools.chain.from_iterable(
            self._combined(place + 1, {**values, name: value}) for value in self.dimensions[name].grid()
        )

    def _when_faults(self, dimension: Dimension) -> list[str]:
        faults = []
        for name, allowed in dimension.when.items():
            other = self.dimensions.get(name)
            if other is None:
                faults.append(f"when names {name!r}, which is not searched. {did_you_mean(name, self.dimensions)}")
            elif not isinstance(other, Choice | Whole):
                faults.append(f"when names {name!r}, which has no separate values; only a choice or whole number does.")
            else:
                wrong = [v for v in allowed if not other.holds(v)]
                faults += [f"when names {name!r} with {v!r}, a value that it never has." for v in wrong]
                faults += [] if allowed else [f"when names {name!r} without a value; it would never be active."]
        return faults
