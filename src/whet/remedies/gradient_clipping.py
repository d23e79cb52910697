"""Gradient clipping by norm.

Helps: loss spikes, recurrent and attention networks. Hurts: little; it slows training when the limit is far too low.
Source: Pascanu et al., "On the difficulty of training recurrent neural networks", ICML 2013.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from whet.recipe import Recipe
from whet.remedies.remedy import remedies
from whet.tasks.facts import Facts

__all__ = ["GradientClipping"]


@dataclass(frozen=True, kw_only=True)
class GradientClipping:
    """Limit the norm of the gradient."""

    norm: float = 1.0

    title: str = "gradient clipping"
    treats: frozenset[str] = frozenset({"curve_oscillation"})
    expected_gain: float = 0.5
    cost: float = 1.0

    def propose(self, recipe: Recipe, facts: Facts) -> Sequence[tuple[str, Recipe]]:
        """See ``Remedy.propose``."""
        if recipe.regularisation.grad_clip is not None:
            return ()
        changed = replace(recipe.regularisation, grad_clip=self.norm)
        return ((f"gradient norm at most {self.norm:g}", replace(recipe, regularisation=changed)),)


remedies.register("gradient_clipping")(GradientClipping())
