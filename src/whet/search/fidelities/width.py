"""A narrower network of the same depth: a proxy for the full one.

Helps: wide networks, whose rates and regularisation rank alike at every width. Hurts: networks that are small already,
whose time is not spent on arithmetic, and searches over the width itself, where small widths fall together.
Source: Yang et al., "Tensor Programs V: Tuning Large Neural Networks via Zero-Shot Hyperparameter Transfer", 2022.
    Differs: rates are not rescaled with the width, because the ranking alone is used.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from whet.errors import ConfigError
from whet.recipe import Recipe
from whet.remedies.capacity import setting_of
from whet.search.fidelity import Look, fidelities
from whet.tasks.facts import Facts

__all__ = ["NarrowerNetwork", "narrower"]

WIDTHS = ("widths", "width", "filters", "dim", "hidden", "bottleneck", "num_features")  # settings that mean width
STEP = 8  # multiples of it keep attention heads and vector units whole


@dataclass(frozen=True, kw_only=True)
class NarrowerNetwork:
    """Arithmetic falls with the square of the width, so widths fall with the root of the fidelity."""

    title: str = "trainings of a narrower network"
    share_of: str = "arithmetic"

    def check(self, recipe: Recipe, facts: Facts) -> None:
        """See ``LowFidelity``."""
        if recipe.backbone is not None:
            raise ConfigError(
                f"fidelity 'width' cannot narrow {recipe.architecture!r}: it starts from pretrained weights, which "
                "have one width. Use --fidelity length or examples."
            )
        if not _widths(recipe):
            raise ConfigError(
                f"fidelity 'width' needs a network with one of the settings {', '.join(WIDTHS)}; "
                f"{recipe.architecture!r} has none. Use --fidelity length or examples."
            )

    def look(self, recipe: Recipe, fidelity: float, facts: Facts) -> Look:
        """See ``LowFidelity``."""
        share = math.sqrt(fidelity)
        heads = setting_of(recipe, "heads")
        step = STEP if heads is None else math.lcm(STEP, int(heads[1]))
        settings = {name: narrower(value, share, step=step) for name, value in _widths(recipe).items()}
        return Look(recipe=recipe.with_settings(**settings), width=share)


def narrower(value: Any, share: float, *, step: int = STEP) -> Any:
    """A width, or each of several, times ``share`` in (0, 1]: a multiple of ``step``, and never wider than it was.

    >>> narrower(128, 0.5), narrower([32, 64], 1 / 3), narrower(4, 0.5)
    (64, [8, 24], 4)
    """
    if isinstance(value, list | tuple):
        return [narrower(each, share, step=step) for each in value]
    return min(value, step * max(1, round(share * value / step)))


def _widths(recipe: Recipe) -> dict[str, Any]:
    found = [setting_of(recipe, name) for name in WIDTHS]
    return {name: value for name, value in filter(None, found) if value is not None}


fidelities.register("width")(NarrowerNetwork())
