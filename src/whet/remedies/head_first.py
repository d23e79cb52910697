"""Let the fresh head settle before the pretrained body moves.

Helps: few labels, where the first gradients of a random head would spoil the body. Hurts: short trainings.
Source: Kumar et al., "Fine-Tuning can Distort Pretrained Features and Underperform Out-of-Distribution", ICLR 2022.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from whet.recipe import Recipe
from whet.remedies.remedy import remedies
from whet.tasks.facts import Facts

__all__ = ["HeadFirst"]


@dataclass(frozen=True, kw_only=True)
class HeadFirst:
    """The head moves alone for the first ``fraction`` of the training."""

    fraction: float = 0.15

    title: str = "head first"
    treats: frozenset[str] = frozenset({"overfitting"})
    expected_gain: float = 0.5
    cost: float = 1.0

    def propose(self, recipe: Recipe, facts: Facts) -> Sequence[tuple[str, Recipe]]:
        """See ``Remedy.propose``."""
        if recipe.backbone is None or recipe.transfer.head_first > 0:
            return ()
        changed = replace(recipe, transfer=replace(recipe.transfer, head_first=self.fraction))
        return ((f"only the head moves for the first {100 * self.fraction:.0f} % of the training", changed),)


remedies.register("head_first")(HeadFirst())
