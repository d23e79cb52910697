"""Smaller learning rates for lower layers of a pretrained body.

Helps: fine-tuning, because lower layers are more general. Hurts: bodies far from the task.
Source: Howard & Ruder, ACL 2018 (a factor of 1 / 2.6 per layer); Sun et al., "How to Fine-Tune BERT for Text
Classification?", CCL 2019 (0.95 per layer).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from whet.recipe import Recipe
from whet.remedies.remedy import remedies
from whet.tasks.facts import Facts

__all__ = ["DiscriminativeRates"]


@dataclass(frozen=True, kw_only=True)
class DiscriminativeRates:
    """Try each factor that is not in force."""

    factors: tuple[float, ...] = (1.0, 0.9, 0.7)

    title: str = "learning rates by layer"
    treats: frozenset[str] = frozenset({"overfitting", "underfitting"})
    expected_gain: float = 0.7
    cost: float = 1.0

    def propose(self, recipe: Recipe, facts: Facts) -> Sequence[tuple[str, Recipe]]:
        """See ``Remedy.propose``."""
        if recipe.backbone is None:
            return ()
        now = recipe.transfer.layer_decay
        return tuple(
            (
                f"learning rate per layer below {now:g} -> {f:g}",
                replace(recipe, transfer=replace(recipe.transfer, layer_decay=f)),
            )
            for f in self.factors
            if abs(f - now) > 0.06
        )


remedies.register("discriminative_rates")(DiscriminativeRates())
