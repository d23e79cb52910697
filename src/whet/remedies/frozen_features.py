"""Features of a pretrained body that is not trained, with a linear model on them.

Helps: few labels, little time: the body runs once over the examples, and everything after that takes seconds.
Hurts: data unlike those of the pretraining, whose differences the features do not show.
Source: Donahue et al., "DeCAF", ICML 2014; Kornblith et al., "Do Better ImageNet Models Transfer Better?", CVPR 2019.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from whet.recipe import Recipe
from whet.remedies.remedy import remedies
from whet.tasks.facts import Facts

__all__ = ["FrozenFeatures"]

ESTIMATOR = "frozen_features"


@dataclass(frozen=True, kw_only=True)
class FrozenFeatures:
    """Applies wherever a pretrained body is given."""

    title: str = "frozen pretrained features"
    treats: frozenset[str] = frozenset({"below_baseline", "overfitting"})
    expected_gain: float = 5.0
    cost: float = 1.0

    def propose(self, recipe: Recipe, facts: Facts) -> Sequence[tuple[str, Recipe]]:
        """See ``Remedy.propose``."""
        if facts.backbone is None or recipe.architecture == ESTIMATOR:
            return ()
        changed = Recipe(architecture=ESTIMATOR, settings={"backbone": facts.backbone.source}, seed=recipe.seed)
        return ((f"linear model on frozen features of {facts.backbone.title}", changed),)


remedies.register("frozen_features")(FrozenFeatures())
