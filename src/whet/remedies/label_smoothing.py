"""Label smoothing: train against softened one-hot targets.

Helps: over-confident classifiers with a wide gap between training and validation.
Hurts: models whose probabilities will teach a student; targets that are already soft.
Source: Szegedy et al., "Rethinking the Inception Architecture", CVPR 2016, section 7.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from whet.recipe import Recipe
from whet.remedies.remedy import remedies
from whet.tasks.facts import Facts

__all__ = ["LabelSmoothing"]


@dataclass(frozen=True, kw_only=True)
class LabelSmoothing:
    """Move part of each target's probability mass to the uniform distribution."""

    epsilon: float = 0.1  # probability mass moved

    title: str = "label smoothing"
    treats: frozenset[str] = frozenset({"overconfidence", "overfitting"})
    expected_gain: float = 0.6
    cost: float = 1.0

    def propose(self, recipe: Recipe, facts: Facts) -> Sequence[tuple[str, Recipe]]:
        """See ``Remedy.propose``."""
        if facts.target.kind != "classes" or recipe.regularisation.label_smoothing >= self.epsilon:
            return ()
        changed = replace(recipe.regularisation, label_smoothing=self.epsilon)
        return ((f"label smoothing {self.epsilon:g}", replace(recipe, regularisation=changed)),)


remedies.register("label_smoothing")(LabelSmoothing())
