"""Cheaper looks at a recipe: a shorter training, a part of the examples, a narrower network.

A look is worth its seconds when it ranks changes as full trainings would; how well each kind does so was measured
beforehand on other data (``planning.portfolio``) and is reported with every run.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from whet.errors import ConfigError
from whet.recipe import Recipe
from whet.remedies.capacity import setting_of
from whet.search.fidelities.examples import LEAST_EXAMPLES
from whet.search.fidelities.length import shortened
from whet.search.fidelities.width import narrower

__all__ = ["FULL", "LOOKS", "Fidelity", "rank_correlation"]


@dataclass(frozen=True, kw_only=True)
class Fidelity:
    """Shares of what a full training takes, each in (0, 1]."""

    name: str
    length: float = 1.0  # seconds or epochs
    examples: float = 1.0
    width: float = 1.0  # of the layers; the change that is looked at keeps its proportion

    def __post_init__(self) -> None:
        for name in ("length", "examples", "width"):
            if not 0 < getattr(self, name) <= 1:
                raise ConfigError(f"Fidelity.{name} must lie in (0, 1]; got {getattr(self, name)!r}.")

    def lowered(self, recipe: Recipe) -> Recipe:
        """``recipe`` at this fidelity, apart from the examples.

        >>> Fidelity(name="short", length=0.25).lowered(Recipe(architecture="mlp")).length.epochs
        5.0
        """
        return shortened(self._narrowed(recipe), self.length)

    def _narrowed(self, recipe: Recipe) -> Recipe:
        found = setting_of(recipe, "widths", "width", "filters", "dim") if self.width < 1 else None
        if found is None:
            return recipe
        name, value = found
        return recipe.with_settings(**{name: narrower(value, self.width)})

    def chosen(self, rows: np.ndarray, *, order: np.ndarray) -> np.ndarray:
        """The (M,) training rows kept, sorted: the first of them in ``order``, a permutation of ``len(rows)``."""
        count = max(min(len(rows), LEAST_EXAMPLES), round(self.examples * len(rows)))
        return np.asarray(np.sort(rows[order[:count]]))

    @property
    def cost(self) -> float:
        """Time of a look as a share of a full training, to a first approximation.

        >>> Fidelity(name="", length=0.5, examples=0.5).cost
        0.25
        """
        return self.length * self.examples * self.width


FULL = Fidelity(name="full")
LOOKS = (
    Fidelity(name="a ninth of the length", length=1 / 9),
    Fidelity(name="a third of the length", length=1 / 3),
    Fidelity(name="a third of the examples", examples=1 / 3),
    Fidelity(name="half the width", width=1 / 2),
)


def rank_correlation(low: list[float], full: list[float]) -> float | None:
    """Spearman's rank correlation of gains seen cheaply and in full; None below four pairs or where all are alike.

    >>> round(rank_correlation([1.0, 2.0, 3.0, 4.0], [0.1, 0.2, 0.9, 0.3]), 2)
    0.8
    """
    if len(low) != len(full):
        raise ConfigError(f"gains come in pairs; got {len(low)} and {len(full)}.")
    if len(low) < 4 or len(set(low)) < 2 or len(set(full)) < 2:
        return None
    from scipy.stats import spearmanr

    return float(spearmanr(low, full).statistic)
