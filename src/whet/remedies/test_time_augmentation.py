"""Test-time augmentation.

Helps: pictures and series whose training was augmented the same way. Hurts: prediction takes longer,
    by the number of views.
Source: Krizhevsky et al., NeurIPS 2012; the views of Jordan, arXiv 2404.00498.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from whet.recipe import Recipe
from whet.remedies.remedy import remedies
from whet.tasks.facts import Facts

__all__ = ["ViewAveraging"]


@dataclass(frozen=True, kw_only=True)
class ViewAveraging:
    """Average the predictions over label-preserving views."""

    title: str = "test-time augmentation"
    treats: frozenset[str] = frozenset({"underfitting", "overfitting"})
    expected_gain: float = 0.5
    cost: float = 0.0

    def propose(self, recipe: Recipe, facts: Facts) -> Sequence[tuple[str, Recipe]]:
        """See ``Remedy.propose``."""
        if recipe.test_time_augmentation or not recipe.augment:
            return ()
        return (("average over views", replace(recipe, test_time_augmentation=True)),)


remedies.register("test_time_augmentation")(ViewAveraging())
