"""Train low-rank additions to the matrices of a pretrained body instead of the matrices (LoRA).

Helps: few labels, where fewer numbers that move overfit less. Hurts: tasks far from the pretraining.
Source: Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models", ICLR 2022.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from whet.recipe import Recipe
from whet.remedies.remedy import remedies
from whet.tasks.facts import Facts

__all__ = ["LowRankAdditions"]


@dataclass(frozen=True, kw_only=True)
class LowRankAdditions:
    """Of rank ``rank``, with a rate that is ``faster`` times that of the matrices themselves."""

    rank: int = 8
    faster: float = 5.0

    title: str = "low-rank additions (LoRA)"
    treats: frozenset[str] = frozenset({"overfitting"})
    expected_gain: float = 0.5
    cost: float = 1.0

    def propose(self, recipe: Recipe, facts: Facts) -> Sequence[tuple[str, Recipe]]:
        """See ``Remedy.propose``."""
        if recipe.backbone is None or recipe.transfer.lora_rank or "pretrained" not in recipe.architecture:
            return ()
        changed = replace(
            recipe,
            transfer=replace(recipe.transfer, lora_rank=self.rank, layer_decay=1.0),
            optimiser=replace(recipe.optimiser, lr=recipe.optimiser.lr * self.faster),
        )
        return ((f"low-rank additions of rank {self.rank}", changed),)


remedies.register("low_rank")(LowRankAdditions())
