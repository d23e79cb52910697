"""What a model may cost to run: the user's limits on latency and size."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Cost", "Limits"]


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What one model costs; None where it was not measured."""

    seconds_per_example: float | None = None
    size_bytes: int | None = None


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The most that a model may cost; None: no limit."""

    seconds_per_example: float | None = None
    size_bytes: int | None = None

    def broken_by(self, cost: Cost) -> list[str]:
        """One sentence per limit that ``cost`` exceeds; a limit on something that was not measured counts as broken.

        >>> Limits(size_bytes=10).broken_by(Cost(size_bytes=12))
        ['size_bytes is 12, over the limit of 10']
        """
        faults = []
        for name, limit in vars(self).items():
            value = getattr(cost, name)
            if limit is not None and value is None:
                faults.append(f"{name} has a limit of {limit:g} and was not measured")
            elif limit is not None and value > limit:
                faults.append(f"{name} is {value:g}, over the limit of {limit:g}")
        return faults
