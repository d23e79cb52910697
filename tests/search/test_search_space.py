"""The typed space: draws, grids, conditions, the file form, and what it refuses."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import whet.models
import whet.models.estimators  # noqa: F401
from whet.errors import ConfigError
from whet.recipe import AugmentStep, Recipe
from whet.rng import make_numpy_generator
from whet.search.checking import check_space
from whet.search.dimension import Choice, Real, Whole
from whet.search.fields import changed, field_names, value_of
from whet.search.space import Space
from whet.search.space_file import read_space, space_from_dict, write_space

RECIPE = Recipe(architecture="mlp")
SPACE = Space(
    {
        "optimiser.momentum": Real(low=0.5, high=0.95, when={"optimiser.name": ("sgd",)}),
        "optimiser.name": Choice(values=("adamw", "sgd")),
        "optimiser.lr": Real(low=1e-4, high=1e-1, log=True),
        "settings.width": Whole(low=8, high=64, step=8, points=4),
        "regularisation.early_stopping": Choice(values=(None, 3)),
        "augment": Choice(values=([], ["feature_noise"])),
    }
)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**31 - 1))
def test_every_draw_lies_in_the_space_and_makes_a_recipe_that_reads_back(seed):
    values = SPACE.draw(make_numpy_generator(seed, "test"))
    assert SPACE.holds(values)
    recipe = changed(RECIPE, values)
    assert {name: value_of(recipe, name) for name in values} == values
    assert Recipe.from_yaml(recipe.to_yaml()).digest() == recipe.digest()


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**31 - 1))
def test_a_conditional_dimension_is_drawn_exactly_where_its_condition_holds(seed):
    values = SPACE.draw(make_numpy_generator(seed, "test"))
    assert ("optimiser.momentum" in values) == (values["optimiser.name"] == "sgd")


@settings(max_examples=80, deadline=None)
@given(
    low=st.integers(1, 50), steps=st.integers(1, 40), step=st.integers(1, 7), uniform=st.floats(0, 1, exclude_max=True)
)
def test_whole_numbers_keep_their_step_in_draws_and_grids(low, steps, step, uniform):
    dimension = Whole(low=low, high=low + steps * step, step=step, points=5)
    assert dimension.holds(dimension.draw(uniform))
    assert all(dimension.holds(v) for v in dimension.grid())
    assert dimension.grid()[0] == low
    assert dimension.grid()[-1] == low + steps * step


def test_logarithmic_ranges_give_every_decade_its_share():
    dimension = Real(low=1e-4, high=1.0, log=True)
    drawn = [dimension.draw((i + 0.5) / 4000) for i in range(4000)]
    assert [sum(10.0**-k >= v > 10.0 ** -(k + 1) for v in drawn) for k in range(4)] == [1000] * 4


def test_the_grid_visits_every_combination_once_and_counts_them_without_visiting():
    seen = [SPACE.key(values) for values in SPACE.combinations()]
    assert len(seen) == len(set(seen)) == SPACE.num_combinations() == (1 + 3) * 3 * 4 * 2 * 2


def test_a_space_survives_its_file_and_short_forms_are_understood(tmp_path):
    write_space(SPACE, tmp_path / "space.yaml")
    assert read_space(tmp_path / "space.yaml").to_dict() == SPACE.to_dict()
    (tmp_path / "short.yaml").write_text(
        "optimiser.lr: {low: 1e-4, high: 1e-2, log: true}\nbatch_size: {low: 16, high: 64}\nsettings.depth: [1, 2, 4]\n"
    )
    short = read_space(tmp_path / "short.yaml").dimensions
    assert short["optimiser.lr"] == Real(low=1e-4, high=1e-2, log=True)  # YAML itself reads 1e-4 as a word
    assert isinstance(short["batch_size"], Whole)
    assert short["settings.depth"].to_dict() == Choice(values=(1, 2, 4)).to_dict()


@pytest.mark.parametrize(
    ("plain", "message"),
    [
        ({"optimiser.lr": {"low": 1, "high": 0.1}}, r"optimiser.lr: low must be below high; got 1.0 and 0.1"),
        ({"optimiser.lr": {"low": 0.0, "high": 1.0, "log": True}}, r"low must be positive where log is true; got 0.0"),
        ({"optimiser.lr": {"low": 0.1, "hihg": 1.0}}, r"real has no 'hihg'. Did you mean 'high'"),
        ({"optimiser.lr": {"low": "a", "high": 1.0}}, r"low must be a number; got 'a'"),
        ({"optimiser.lr": 3}, r"optimiser.lr: write a mapping such as"),
        ({"batch_size": {"kind": "hole", "low": 1, "high": 2}}, r"unknown kind 'hole'. Did you mean 'whole'"),
        ({"batch_size": {"kind": "whole", "low": 1.5, "high": 2}}, r"low must be a whole number; got 1.5"),
        ({"batch_size": {"values": []}}, r"batch_size: values must not be empty"),
        ({"batch_size": {"values": [1, 1]}}, r"values must differ; got 1 more than once"),
        ({}, r"needs at least one dimension"),
        ([1], r"a search space is a mapping"),
        ({"version": 7, "batch_size": {"values": [1]}}, r"version 7 is not known here"),
        ({"batch_size": {"low": 1, "high": 2, "when": {"balance": ["none"]}}}, r"when names 'balance', which is not"),
        (
            {"balance": {"values": ["none"]}, "batch_size": {"low": 1, "high": 2, "when": {"balance": ["non"]}}},
            r"when names 'balance' with 'non', a value that it never has",
        ),
        (
            {"balance": {"values": ["none"], "when": {"batch_size": 1}},
             "batch_size": {"low": 1, "high": 2, "when": {"balance": "none"}}},
            r"goes round in circles",
        ),
    ],
)  # fmt: skip
def test_an_impossible_space_is_refused_with_field_value_and_advice(plain, message):
    with pytest.raises(ConfigError, match=message):
        space_from_dict(plain)


@pytest.mark.parametrize(
    ("name", "dimension", "message"),
    [
        (
            "optimizer.lr",
            Real(low=0.1, high=1),
            r"optimizer.lr: a recipe has no such field. Did you mean 'optimiser.lr'",
        ),
        ("lr", Real(low=0.1, high=1), r"lr: a recipe has no such field. Did you mean 'optimiser.lr'"),
        ("regularisation.dropout", Real(low=0, high=0.5), r"no such field. Did you mean 'settings.dropout'"),
        ("settings.witdh", Whole(low=1, high=2), r"'mlp' has no such setting. Did you mean 'settings.width'"),
        (
            "batch_size",
            Real(low=16, high=64),
            r"real numbers does not suit a field of type whole number. Use kind: whole",
        ),
        ("optimiser.name", Whole(low=1, high=2), r"whole numbers does not suit a field of type str. Use a choice"),
        ("optimiser.name", Choice(values=("adam",)), r"Optimiser.name must be one of adamw, sgd, muon; got 'adam'"),
        ("optimiser.lr", Real(low=-1, high=1), r"Optimiser.lr must be positive; got -1"),
        ("test_time_augmentation", Choice(values=(True, 1)), r"1 is no value for a field of type bool"),
        ("length.seconds", Real(low=1, high=2), r"length.seconds cannot be searched: the budget decides"),
        ("augment", Choice(values=([3],)), r"a step is a name, or a mapping with name and settings; got 3"),
        ("settings", Choice(values=(1,)), r"settings"),
    ],
)
def test_a_space_that_does_not_fit_the_recipe_is_refused(name, dimension, message):
    with pytest.raises(ConfigError, match=message):
        check_space(Space({name: dimension}), RECIPE)


def test_any_field_of_a_recipe_can_be_searched():
    recipe = Recipe(architecture="mlp", encoding={"rare": 5})
    for name in field_names(recipe):
        if name not in ("length.seconds", "seed"):
            check_space(Space({name: Choice(values=(value_of(recipe, name),))}), recipe)


def test_all_faults_are_named_together():
    with pytest.raises(ConfigError, match=r"(?s)batch_siz.*optimiser.name"):
        check_space(Space({"batch_siz": Whole(low=1, high=2), "optimiser.name": Whole(low=1, high=2)}), RECIPE)


def test_settings_follow_the_architecture_that_is_searched_with_them():
    base = RECIPE.with_settings(width=32, depth=2)
    space = Space(
        {
            "architecture": Choice(values=("mlp", "embedding_bag")),
            "settings.width": Whole(low=8, high=16, when={"architecture": ("mlp",)}),
        }
    )
    check_space(space, base)
    assert changed(base, {"architecture": "mlp", "settings.width": 8}).settings == {"width": 8, "depth": 2}
    assert "depth" not in changed(base, {"architecture": "embedding_bag"}).settings
    with pytest.raises(ConfigError, match=r"unknown architecture 'mpl'. Did you mean 'mlp'"):
        check_space(Space({"architecture": Choice(values=("mpl",))}), base)


def test_a_setting_that_the_architecture_has_anyway_does_not_make_another_recipe():
    assert changed(RECIPE, {"settings.width": 256}).digest() == RECIPE.digest()
    assert changed(RECIPE.with_settings(width=8), {"settings.width": 256}).settings == {"width": 256}


def test_steps_may_carry_settings():
    given_step = {"name": "translate", "settings": {"pixels": 2}}
    assert changed(RECIPE, {"augment": ["flip", given_step]}).augment == (
        AugmentStep(name="flip"),
        AugmentStep(name="translate", settings={"pixels": 2}),
    )


def test_the_example_of_the_docs_is_a_space(tmp_path):
    text = (Path(__file__).parents[2] / "docs" / "tuning.md").read_text(encoding="utf-8")
    (tmp_path / "space.yaml").write_text(text.split("```yaml\n")[1].split("```")[0])
    space = read_space(tmp_path / "space.yaml")
    check_space(space, RECIPE)
    assert space.num_combinations() == 3 * 3 * 3 * (1 + 3) * 3
