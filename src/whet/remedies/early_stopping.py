"""Early stopping.

Helps: validation loss that turns up again. Hurts: annealed schedules, whose gain comes at the very end.
Source: Prechelt, "Early Stopping - But When?", 1998.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from whet.recipe import Recipe
from whet.remedies.remedy import remedies
from whet.tasks.facts import Facts

__all__ = ["EarlyStopping"]


@dataclass(frozen=True, kw_only=True)
class EarlyStopping:
    """Stop when validation no longer improves and take the best weights."""

    patience: int = 4  # evaluations without improvement

    title: str = "early stopping"
    treats: frozenset[str] = frozenset({"overfitting"})
    expected_gain: float = 0.6
    cost: float = 0.8

    def propose(self, recipe: Recipe, facts: Facts) -> Sequence[tuple[str, Recipe]]:
        """See ``Remedy.propose``."""
        if recipe.regularisation.early_stopping is not None or recipe.schedule.cycles > 1:
            return ()
        changed = replace(recipe.regularisation, early_stopping=self.patience)
        return ((f"early stopping, patience {self.patience}", replace(recipe, regularisation=changed)),)


remedies.register("early_stopping")(EarlyStopping())
