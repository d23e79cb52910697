"""When the validation has stopped improving: what early stopping and the plateau schedule share."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Patience"]


@dataclass
class Patience:
    """Counts evaluations without improvement. Values are tuples, compared in order, larger is better.

    >>> patience = Patience(limit=2)
    >>> [patience.sees((v,)) for v in (0.5, 0.6, 0.6, 0.1)], patience.is_exhausted
    ([True, True, False, False], True)
    """

    limit: int
    best: tuple[float, ...] | None = None
    stale: int = 0

    def sees(self, value: tuple[float, ...]) -> bool:
        """Take in one evaluation; True when it is the best so far. NaN never is."""
        is_better = all(v == v for v in value) and (self.best is None or value > self.best)
        self.best, self.stale = (value, 0) if is_better else (self.best, self.stale + 1)
        return is_better

    @property
    def is_exhausted(self) -> bool:
        """As many evaluations as the limit went by without improvement."""
        return self.stale >= self.limit
