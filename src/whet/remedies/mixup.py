"""Mixup: mix pairs of inputs and their targets.

Helps: over-fitting or over-confident classifiers of pictures and series. Hurts: short trainings; inputs that are ids.
Source: Zhang et al., "mixup: Beyond Empirical Risk Minimization", ICLR 2018.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from whet.recipe import Recipe
from whet.remedies.remedy import remedies
from whet.tasks.facts import Facts

__all__ = ["Mixup"]


@dataclass(frozen=True, kw_only=True)
class Mixup:
    """Train on convex combinations of pairs of examples."""

    alpha: float = 0.2  # of the Beta distribution

    title: str = "mixup"
    treats: frozenset[str] = frozenset({"overfitting", "overconfidence"})
    expected_gain: float = 0.8
    cost: float = 1.0

    def propose(self, recipe: Recipe, facts: Facts) -> Sequence[tuple[str, Recipe]]:
        """See ``Remedy.propose``."""
        if recipe.regularisation.mixup > 0 or str(facts.modality) not in ("image", "series"):
            return ()
        changed = replace(recipe.regularisation, mixup=self.alpha)
        return ((f"mixup alpha {self.alpha:g}", replace(recipe, regularisation=changed)),)


remedies.register("mixup")(Mixup())
