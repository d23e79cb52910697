"""The scatter of long trainings follows from that of short ones in proportion to their errors."""

from types import SimpleNamespace

import numpy as np
import pytest

import whet.evaluation.metrics  # noqa: F401
from whet.evaluation.metric import metrics
from whet.improving.retraining_noise import retraining_std
from whet.recipe import Length, Recipe

ACCURACY, RMSE = metrics["accuracy"], metrics["rmse"]
SHORT, LONG = (Recipe(architecture="convnet", length=Length(seconds=s)) for s in (10.0, 300.0))


def trial(score, recipe=SHORT, seed=0, *, is_network=True):
    curve = ("point",) if is_network else ()
    scores = np.zeros((10_000, 2))
    return SimpleNamespace(
        key=f"{recipe.length.seconds} {seed} {score} {is_network}",
        recipe=Recipe.from_dict({**recipe.to_dict(), "seed": seed}),
        arena="a",
        curve=curve,
        score=score,
        scores=scores,
    )


def member(of, weight=1.0):
    return SimpleNamespace(trial=of, weight=weight)


def std(metric, pool, members):
    """Where all of them are trained again."""
    return retraining_std(metric, pool, members, again=[m.trial.key for m in members])


def pool(scores=(0.45, 0.55)):
    return [trial(score, seed=seed) for seed, score in enumerate(scores)]


def test_the_same_recipe_scatters_as_its_seeds_did():
    shorts = pool()
    found = std(ACCURACY, shorts, [member(trial(0.5))])
    assert found == pytest.approx(np.std([0.45, 0.55], ddof=1), rel=1e-3)


def test_a_tenth_of_the_error_is_a_tenth_of_the_scatter():
    shorts, long = pool(), trial(0.95, LONG)
    whole, tenth = (std(ACCURACY, [*shorts, long], [member(m)]) for m in (trial(0.5), long))
    assert tenth == pytest.approx(0.1 * whole, rel=1e-2)
    slow = std(RMSE, [trial(9.0), trial(11.0, seed=1)], [member(trial(5.0, LONG))])
    assert slow == pytest.approx(5.0 * np.std([0.9, 1.1], ddof=1))


def test_independent_members_average_their_noise_and_simple_ones_have_none():
    shorts = pool()
    one = std(ACCURACY, shorts, [member(shorts[0])])
    same = std(ACCURACY, shorts, [member(shorts[0], 0.25) for _ in range(4)])
    assert same == pytest.approx(one / 2)
    trees = trial(0.9, is_network=False)
    assert std(ACCURACY, [*shorts, trees], [member(trees)]) == 0.0
    both = [member(shorts[0], 0.2), member(trees, 0.8)]
    assert std(ACCURACY, [*shorts, trees], both) == pytest.approx(0.2 * one)


def test_members_that_keep_their_weights_or_go_on_from_them_do_not_scatter():
    shorts = pool()
    one, both = std(ACCURACY, shorts, [member(shorts[0])]), [member(shorts[0], 0.5), member(trial(0.45, LONG), 0.5)]
    assert retraining_std(ACCURACY, shorts, both, again=[shorts[0].key]) == pytest.approx(one / 2)
    assert retraining_std(ACCURACY, shorts, both, again=[]) == 0.0


def test_nothing_repeated_says_nothing():
    assert std(ACCURACY, [trial(0.5), trial(0.9, LONG)], [member(trial(0.9, LONG))]) == 0.0
    perfect = pool((1.0, 1.0))
    assert std(ACCURACY, perfect, [member(perfect[0])]) == 0.0
