"""A trained model back from what it left behind."""

from __future__ import annotations

import torch

from whet.models.estimators.estimator import estimators
from whet.recipe import Recipe
from whet.state import State
from whet.tasks.target import Target
from whet.training.estimator import FittedEstimator
from whet.training.fitted import Fitted
from whet.training.fitted_network import FittedNetwork

__all__ = ["restore"]


def restore(recipe: Recipe, target: Target, state: State, *, device: str = "cpu") -> Fitted:
    """The model whose ``state()`` this is; its scores are equal bit for bit."""
    if recipe.architecture in estimators:
        return FittedEstimator(estimators[recipe.architecture].from_state(state))
    return FittedNetwork.from_state(recipe, target, state, device=torch.device(device))
