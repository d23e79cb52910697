"""Fewer units dropped.

Helps: networks that cannot fit their training examples because most units are missing. Hurts: over-fitting networks.
Source: Srivastava et al., "Dropout", JMLR 2014.
"""

from __future__ import annotations

from dataclasses import dataclass

from whet.diagnosis.case import Case
from whet.diagnosis.cures.cure import cures
from whet.diagnosis.cures.parts.asking import is_so, need
from whet.diagnosis.cures.parts.dropout import dropout_rates, with_dropout
from whet.diagnosis.cures.parts.opened import setup_of
from whet.diagnosis.setup import Setup
from whet.finding import Finding

__all__ = ["WeakenDropout"]


@dataclass(frozen=True, kw_only=True)
class WeakenDropout:
    """Dropout layers, dropout inside recurrent and attention layers, and calls of ``F.dropout``."""

    title: str = "weaken the dropout"
    rate: float = 0.1  # share of units that may at most be dropped

    def applies(self, case: Case) -> bool:
        """Where more are dropped."""
        return is_so(lambda: max(dropout_rates(case), default=0.0) > self.rate)

    def advice(self, case: Case, finding: Finding | None) -> str:
        """With both rates."""
        return f"nn.Dropout(p={self.rate:g})  # was {max(dropout_rates(case), default=0.0):g}"

    def apply(self, case: Case, finding: Finding | None) -> Setup:
        """Change the model's copy and the calls in its forward pass."""
        need(bool(dropout_rates(case)), "there is no dropout")
        return with_dropout(setup_of(case).copy(), most=self.rate)


cures.register("weaken_dropout")(WeakenDropout())
