"""Set the layers of a pretrained body free one by one, from the top.

Helps: few labels; bodies whose lower layers are general. Hurts: bodies far from the task, which must change everywhere.
Source: Howard & Ruder, "Universal Language Model Fine-tuning for Text Classification" (ULMFiT), ACL 2018.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from whet.recipe import Recipe
from whet.remedies.remedy import remedies
from whet.tasks.facts import Facts

__all__ = ["GradualUnfreezing"]


@dataclass(frozen=True, kw_only=True)
class GradualUnfreezing:
    """The last group of layers is free after ``fraction`` of the training."""

    fraction: float = 0.5

    title: str = "gradual unfreezing"
    treats: frozenset[str] = frozenset({"overfitting"})
    expected_gain: float = 0.7
    cost: float = 0.8  # held layers need no gradients

    def propose(self, recipe: Recipe, facts: Facts) -> Sequence[tuple[str, Recipe]]:
        """See ``Remedy.propose``."""
        if recipe.backbone is None or recipe.transfer.gradual > 0 or recipe.transfer.contrastive > 0:
            return ()
        changed = replace(recipe, transfer=replace(recipe.transfer, gradual=self.fraction))
        return ((f"layers set free from the top over {100 * self.fraction:.0f} % of the training", changed),)


remedies.register("gradual_unfreezing")(GradualUnfreezing())
