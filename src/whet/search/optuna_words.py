"""Our dimensions in Optuna's words, and its messages kept off the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from whet.search.dimension import Choice, Dimension, Real, Whole, label

__all__ = ["distribution_of", "quiet", "stored", "suggest"]


def distribution_of(dimension: Dimension) -> Any:
    """Optuna's distribution; choices go by their labels, because a study stores words and numbers only."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if isinstance(dimension, Choice):
        return CategoricalDistribution([label(v) for v in dimension.values])
    if isinstance(dimension, Whole):
        return IntDistribution(dimension.low, dimension.high, log=dimension.log, step=dimension.step)
    assert isinstance(dimension, Real)
    return FloatDistribution(dimension.low, dimension.high, log=dimension.log)


def stored(dimension: Dimension, value: Any) -> Any:
    """A value in the form that a study stores."""
    if isinstance(dimension, Choice):
        return label(value)
    return int(value) if isinstance(dimension, Whole) else float(value)


def suggest(trial: Any, name: str, dimension: Dimension) -> Any:
    """What Optuna's ``trial`` gives the dimension, in our form: reals have the six digits that every method draws."""
    if isinstance(dimension, Choice):
        chosen = trial.suggest_categorical(name, [label(v) for v in dimension.values])
        return next(v for v in dimension.values if label(v) == chosen)
    if isinstance(dimension, Whole):
        low, high = dimension.low, dimension.high
        return int(trial.suggest_int(name, low, high, log=dimension.log, step=dimension.step))
    assert isinstance(dimension, Real)
    number = trial.suggest_float(name, dimension.low, dimension.high, log=dimension.log)
    return min(dimension.high, max(dimension.low, float(f"{number:.6g}")))


@contextmanager
def quiet() -> Iterator[None]:
    """Optuna reports every study on standard error; what matters is said by us."""
    import optuna

    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(before)
