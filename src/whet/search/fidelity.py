"""The contract of a fidelity: how a cheap look at a training is made, and whether looks rank as full trainings do.

Halving and Hyperband look at many configurations cheaply and train the best in full. A look costs about ``fidelity`` of
a full training; what is made less of is the fidelity's own: its length, its examples, its pictures or its width.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol

from whet.recipe import Recipe
from whet.registry import Registry
from whet.search.tried import Tried
from whet.tasks.facts import Facts

__all__ = ["Look", "LowFidelity", "fidelities", "rank_correlation"]


@dataclass(frozen=True, kw_only=True)
class Look:
    """What is trained instead of a full training; by default the full one."""

    recipe: Recipe
    examples: float = 1.0  # share of the training rows, in (0, 1]
    width: float = 1.0  # of the layers, as ``recipe`` already has it
    picture: tuple[int, int] | None = None  # height and width in pixels; None: as they were decoded

    def digest(self) -> str:
        """Of everything that decides the outcome; that of the recipe where the look is a full training.

        >>> Look(recipe=Recipe(architecture="mlp")).digest() == Recipe(architecture="mlp").digest()
        True
        """
        if (self.examples, self.width, self.picture) == (1.0, 1.0, None):
            return self.recipe.digest()
        text = "/".join(map(str, (self.recipe.digest(), self.examples, self.width, self.picture)))
        return hashlib.sha256(text.encode()).hexdigest()[:16]


class LowFidelity(Protocol):
    """One file each. The limit in seconds is not its business: whoever plans the time has put it into the recipe."""

    @property
    def title(self) -> str:
        """For people: "shorter trainings"."""
        ...

    @property
    def share_of(self) -> str:
        """What a look has a share of: "length"."""
        ...

    def check(self, recipe: Recipe, facts: Facts) -> None:
        """Refuse what cannot be looked at this way.

        Raises:
            ConfigError: why not, and what to use instead.
        """
        ...

    def look(self, recipe: Recipe, fidelity: float, facts: Facts) -> Look:
        """``recipe`` at the share ``fidelity`` of its cost, in (0, 1)."""
        ...


fidelities: Registry[LowFidelity] = Registry("fidelity")


def rank_correlation(tried: Sequence[Tried]) -> list[dict[str, Any]]:
    """Per lower fidelity: Spearman's correlation of its scores with those of the same values at fidelity 1.

    Only what was promoted has both, which are the better ones: among them ranks agree less than among all, so the
    figure is cautious. None where fewer than three pairs exist. ``next`` is the fidelity above, which more of them
    reached, with the same figures as ``next_num`` and ``next_spearman``.
    """
    rungs = sorted({t.fidelity for t in tried} | {1.0})
    scores = {fidelity: _scores(tried, fidelity) for fidelity in rungs}
    rows = []
    for low, above in pairwise(rungs):
        row: dict[str, Any] = {"fidelity": low, **_agreement(scores[low], scores[1.0]), "next": above}
        agreement = _agreement(scores[low], scores[above])
        rows.append({**row, **{f"next_{name}": value for name, value in agreement.items()}})
    return rows


def _scores(tried: Sequence[Tried], fidelity: float) -> dict[str, float]:
    chosen = [t for t in tried if t.fidelity == fidelity and t.score is not None]
    return {repr(sorted(t.values.items(), key=lambda pair: pair[0])): float(t.score or 0.0) for t in chosen}


def _agreement(low: dict[str, float], high: dict[str, float]) -> dict[str, Any]:
    from scipy.stats import spearmanr

    pairs = [(low[key], high[key]) for key in low if key in high]
    varies = len({a for a, _ in pairs}) > 1 and len({b for _, b in pairs}) > 1
    value = float(spearmanr(pairs).statistic) if len(pairs) >= 3 and varies else None
    return {"num": len(pairs), "spearman": value}
