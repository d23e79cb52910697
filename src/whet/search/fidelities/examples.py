"""A part of the training examples for all the epochs, the same for every configuration; larger parts hold smaller.

Helps: data large enough that a part shows the same order. Hurts: settings that matter because data are few or many:
regularisation, size, augmentation.
Source: Klein et al., "Fast Bayesian Optimization of Machine Learning Hyperparameters on Large Datasets", AISTATS 2017.
    Differs: successive halving instead of a model of how the loss falls with the size.
"""

from __future__ import annotations

from dataclasses import dataclass

from whet.errors import ConfigError
from whet.recipe import Recipe
from whet.search.fidelity import Look, fidelities
from whet.tasks.facts import Facts

__all__ = ["LEAST_EXAMPLES", "FewerExamples"]

LEAST_EXAMPLES = 60  # below it a part of the examples says nothing


@dataclass(frozen=True, kw_only=True)
class FewerExamples:
    """A share of the training rows; validation rows stay."""

    title: str = "trainings on a part of the examples"
    share_of: str = "examples"

    def check(self, recipe: Recipe, facts: Facts) -> None:
        """See ``LowFidelity``."""
        if facts.num_train <= LEAST_EXAMPLES:
            raise ConfigError(
                f"fidelity 'examples' needs more than {LEAST_EXAMPLES} training examples, below which a part says "
                f"nothing; there are {facts.num_train}. Use --fidelity length."
            )

    def look(self, recipe: Recipe, fidelity: float, facts: Facts) -> Look:
        """See ``LowFidelity``."""
        return Look(recipe=recipe, examples=fidelity)


fidelities.register("examples")(FewerExamples())
