"""Short trainings as a look at long ones: how they are shortened, and whether their ranks agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from whet.recipe import Recipe
from whet.search.tried import Tried

__all__ = ["rank_correlation", "shortened"]


def shortened(recipe: Recipe, fidelity: float, *, fixed_s: float = 0.0) -> Recipe:
    """The recipe with ``fidelity`` of its epochs and of its seconds beyond ``fixed_s``; with 1 the recipe itself.

    ``fixed_s``: what a training costs before its first step, however short it is.

    >>> shortened(Recipe(architecture="mlp"), 0.5).length.epochs
    10.0
    """
    if fidelity == 1.0:
        return recipe
    length = recipe.length
    return replace(
        recipe,
        length=replace(
            length,
            seconds=None if length.seconds is None else _shorter(length.seconds, fidelity, fixed_s),
            epochs=None if length.epochs is None else round(length.epochs * fidelity, 4),
        ),
    )


def rank_correlation(tried: Sequence[Tried]) -> list[dict[str, Any]]:
    """Per lower fidelity: Spearman's correlation of its scores with those of the same values at fidelity 1.

    Only what was promoted has both, which are the better ones: among them ranks agree less than among all, so the
    figure is cautious. None where fewer than three pairs exist.
    """
    from scipy.stats import spearmanr

    def scores(fidelity: float) -> dict[str, float]:
        chosen = [t for t in tried if t.fidelity == fidelity and t.score is not None]
        return {repr(sorted(t.values.items(), key=lambda pair: pair[0])): float(t.score or 0.0) for t in chosen}

    full = scores(1.0)
    rows = []
    for fidelity in sorted({t.fidelity for t in tried} - {1.0}):
        low = scores(fidelity)
        pairs = [(low[key], full[key]) for key in low if key in full]
        varies = len({a for a, _ in pairs}) > 1 and len({b for _, b in pairs}) > 1
        value = float(spearmanr(pairs).statistic) if len(pairs) >= 3 and varies else None
        rows.append({"fidelity": fidelity, "num": len(pairs), "spearman": value})
    return rows


def _shorter(seconds: float, fidelity: float, fixed_s: float) -> float:
    fixed = min(fixed_s, seconds)
    return round(fixed + fidelity * (seconds - fixed), 3)
