"""Features of a pretrained body that is not trained, with a linear model on them.

Helps: few labels, little time: the body runs once over the examples, and everything after that takes seconds.
Hurts: data unlike those of the pretraining, whose differences the features do not show.
Of texts every layer's mean is taken: on held-out parts of training data, 10 questions a class of TREC went from 0.543
to 0.605 and 1,300 sentences of SST-2 from 0.788 to 0.812 by it (MiniLM, logistic regression).
Source: Donahue et al., "DeCAF", ICML 2014; Kornblith et al., "Do Better ImageNet Models Transfer Better?", CVPR 2019.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

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
        settings: dict[str, Any] = {"backbone": facts.backbone.source}
        if facts.backbone.architecture == "pretrained_text":
            settings["body"] = {"pooling": "layers"}  # what a text asks for shows below the last layer
        changed = Recipe(architecture=ESTIMATOR, settings=settings, seed=recipe.seed)
        return ((f"linear model on frozen features of {facts.backbone.title}", changed),)


remedies.register("frozen_features")(FrozenFeatures())
