"""LOND: how much of the error budget each confirmation may spend.

Row t of T_max gets alpha_t = (total / T_max) * (D + 1), with D the rows adopted before it: a success earns budget. It
keeps the false discovery rate under ``total`` when rows are independent or positively dependent; rows that share an
incumbent and validation examples are. The strict mode divides by the harmonic number of t, which allows any dependence.
Source: Javanmard & Montanari, "On Online Control of False Discovery Rate", 2015; Zrnic et al., JMLR 2021.
"""

from __future__ import annotations

from dataclasses import dataclass

from whet.errors import ConfigError

__all__ = ["Spending"]


@dataclass(frozen=True, kw_only=True)
class Spending:
    """Declared before the first row is registered.

    >>> plan = Spending(max_rows=10, total=0.10)
    >>> [round(plan.alpha(tried=t, adopted=d), 3) for t, d in [(0, 0), (1, 0), (2, 1)]]
    [0.01, 0.01, 0.02]
    >>> round(Spending(max_rows=10, strict=True).alpha(tried=1, adopted=0), 5)  # 0.01 / (1 + 1/2)
    0.00667
    """

    max_rows: int = 12
    total: float = 0.10  # false discovery rate that the whole ledger may have
    strict: bool = False

    def __post_init__(self) -> None:
        if self.max_rows < 1:
            raise ConfigError(f"Spending.max_rows must be at least 1; got {self.max_rows!r}.")
        if not 0.0 < self.total < 1.0:
            raise ConfigError(f"Spending.total must be in (0, 1); got {self.total!r}. Start from 0.10.")

    def alpha(self, *, tried: int, adopted: int) -> float:
        """The share for the next row after ``tried`` rows of which ``adopted`` were; 0 once ``max_rows`` are spent."""
        if not 0 <= adopted <= tried:
            raise ConfigError(f"adopted must lie between 0 and tried = {tried}; got {adopted}.")
        if tried >= self.max_rows:
            return 0.0
        share = self.total / self.max_rows * (adopted + 1)
        if self.strict:
            share /= sum(1.0 / t for t in range(1, tried + 2))
        return min(share, 1.0)
