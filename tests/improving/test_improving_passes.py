"""What a short training may be asked about a long one."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from whet.improving.passes import ends_by_clock, is_far_from_end, is_glimpse
from whet.improving.shares import LARGE
from whet.recipe import Length, Recipe

RECIPE = Recipe(architecture="convnet", length=Length(seconds=30.0, epochs=40.0))


def session_of(*, num=LARGE, epochs=5.0, seconds=30.0, recipe=RECIPE):
    return SimpleNamespace(
        prepared=SimpleNamespace(data=range(num)),
        incumbent=(SimpleNamespace(recipe=recipe, epochs=epochs, seconds=seconds),),
        arena=SimpleNamespace(num_parts=1),
    )


def test_looks_are_left_where_the_long_training_is_many_times_as_long():
    assert is_far_from_end(session_of(), left_s=300.0)
    assert not is_far_from_end(session_of(), left_s=200.0)


@pytest.mark.parametrize(
    "changes",
    [
        {"num": LARGE - 1},
        {"epochs": 40.0},
        {"recipe": replace(RECIPE, length=Length(epochs=40.0))},
    ],
)
def test_few_examples_and_trainings_that_end_by_themselves_keep_them(changes):
    assert not is_far_from_end(session_of(**changes), left_s=300.0)


def test_a_training_of_less_than_two_passes_is_a_glimpse():
    assert is_glimpse(session_of(epochs=1.5))
    assert not is_glimpse(session_of())
    assert ends_by_clock(session_of())
