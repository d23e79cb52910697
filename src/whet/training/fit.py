"""How one recipe becomes a trained model."""

from __future__ import annotations

from whet.data.dataset import Dataset
from whet.errors import ConfigError, did_you_mean
from whet.models.architecture import architectures
from whet.models.estimators.estimator import estimators
from whet.recipe import Recipe
from whet.tasks.target import Target
from whet.training.estimator import fit_estimator
from whet.training.failure import naming_failures
from whet.training.fitted import FitSetting, Training
from whet.training.fitted_network import FittedNetwork
from whet.training.memory_limit import limited_memory
from whet.training.network import fit_network

__all__ = ["fit"]


def fit(
    recipe: Recipe,
    target: Target,
    train: Dataset,
    valid: Dataset | None,
    *,
    setting: FitSetting,
    start: FittedNetwork | None = None,
) -> Training:
    """Train what ``recipe`` describes on ``train``.

    ``valid`` is never learnt from: it is scored at the end, watched during the training, and consulted by early
    stopping and the plateau schedule where the recipe asks for them. ``recipe.length.seconds`` covers everything that
    happens here, encoding and final scores included. A network goes on from the weights of ``start``, one of the same
    shape, and keeps its encoder.

    Raises:
        ConfigError: the recipe names nothing known, or does not suit the examples.
        TrainingFailedError: it diverged twice, ran out of memory or crashed; ``cause`` says which.
        Interrupted: ``setting.should_stop`` said so; the checkpoint has been written.
    """
    name = recipe.architecture
    with naming_failures(name), limited_memory(setting.memory_bytes):
        if name in estimators:
            return fit_estimator(recipe, target, train, valid, setting=setting)
        if name in architectures:
            return fit_network(recipe, target, train, valid, setting=setting, start=start)
    known = [*architectures, *estimators]
    raise ConfigError(
        f"Recipe.architecture {name!r} is neither a network nor an estimator. {did_you_mean(name, known)}"
    )
