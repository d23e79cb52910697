"""Remedies that change what is made of a table's columns apply where there is something to make it of."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from whet.data.columns import CategoryColumn, DateColumn, NumberColumn, TextColumn
from whet.data.dataset import Dataset
from whet.data.encoders.table_settings import TableSettings
from whet.data.kinds import Kind, Modality
from whet.data.schema import Column, Schema
from whet.models.estimators.boosted_settings import BoostedSettings
from whet.models.estimators.columns_linear import ColumnsLinear
from whet.recipe import Recipe
from whet.remedies.features import features_of
from whet.remedies.remedy import remedies
from whet.tasks.number import NumberTarget

FACTS = {
    "modality": Modality.TABLE,
    "num_train": 1000,
    "num_numbers": 3,
    "num_categories": 2,
    "num_dates": 1,
    "num_texts": 1,
    "num_missing": 2,
    "most_values": 50,
}
NEEDS = {
    "date_parts": "num_dates",
    "ratios_and_products": "num_numbers",
    "target_encoding": "num_categories",
    "number_transform": "num_numbers",
    "rare_categories": "num_categories",
    "missing_indicators": "num_missing",
    "text_ngrams": "num_texts",
}
RECIPES = [Recipe(architecture=name) for name in ("tabm", "mlp", "boosted_trees", "columns_linear")]


def facts(**changes):
    return SimpleNamespace(**(FACTS | changes))


def proposals(name, recipe, **changes):
    return list(remedies[name].propose(recipe, facts(**changes)))


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda r: r.architecture)
@pytest.mark.parametrize("name", NEEDS)
def test_a_remedy_changes_a_setting_that_the_model_reads(name, recipe):
    if (name, recipe.architecture) == ("number_transform", "boosted_trees"):
        assert proposals(name, recipe) == []  # trees only see the order
        return
    found = proposals(name, recipe)
    assert found
    for change, changed in found:
        assert change
        assert features_of(changed, facts()) != features_of(recipe, facts())
        assert replace(changed, settings=recipe.settings, encoding=recipe.encoding) == recipe


@pytest.mark.parametrize("name", NEEDS)
def test_a_remedy_stays_away_where_it_has_nothing_to_work_on(name):
    for recipe in RECIPES:
        assert proposals(name, recipe, **{NEEDS[name]: 0}) == []
    assert proposals(name, Recipe(architecture="majority")) == []


@pytest.mark.parametrize("name", NEEDS)
def test_what_is_in_force_is_not_proposed_again(name):
    for recipe in RECIPES:
        for _, changed in proposals(name, recipe):
            again = [r.digest() for _, r in proposals(name, changed)]
            assert changed.digest() not in again
            assert recipe.digest() not in again or name == "number_transform"


def test_single_categories_come_before_pairs_and_pairs_need_two():
    recipe = RECIPES[0]
    alone, both = (changed.encoding for _, changed in proposals("target_encoding", recipe))
    assert "target_pairs" not in alone
    assert both["target_pairs"] > 0
    assert len(proposals("target_encoding", recipe, num_categories=1)) == 1
    assert [r.encoding for _, r in proposals("target_encoding", replace(recipe, encoding=alone))] == [both]


def test_few_values_are_not_regrouped():
    assert proposals("rare_categories", RECIPES[0], most_values=4) == []


def test_too_few_rows_get_no_pairs_of_numbers():
    assert proposals("ratios_and_products", RECIPES[0], num_train=100) == []


def test_bags_of_ngrams_get_longer_runs_and_pieces_and_readers_of_tokens_nothing():
    bag = Recipe(architecture="embedding_bag")
    found = [r.encoding for _, r in proposals("text_ngrams", bag, modality=Modality.TEXT)]
    assert found == [{"word_ngrams": 3}, {"min_piece": 3, "max_piece": 5, "min_count": 2}]
    longest = replace(bag, encoding={**found[0], **found[1]})
    assert proposals("text_ngrams", longest, modality=Modality.TEXT) == []
    assert proposals("text_ngrams", Recipe(architecture="text_cnn"), modality=Modality.TEXT) == []


def test_settings_of_columns_and_of_trees_are_kept_apart():
    chosen = BoostedSettings.from_mapping({"num_leaves": 7, "ratios": 4})
    assert chosen.features == TableSettings(crosses=32, ratios=4)
    assert BoostedSettings.from_mapping({}).features == TableSettings(crosses=32)
    assert "ratios" not in chosen.parameters(num_rows=100, num_threads=1, seed=0)
    assert np.isclose(chosen.learning_rate, 0.05)


def weekdays(rng, n):
    seconds = rng.uniform(1.4e9, 1.6e9, n)
    level = np.array([0.0, 1.0, -1.0, 1.0, -1.0, 0.0, 3.0])[((seconds // 86_400 + 3) % 7).astype(int)]
    return {"when": DateColumn(seconds)}, level


def shops(rng, n):
    codes = rng.integers(0, 150, n).astype(np.int32)
    return {"shop": CategoryColumn(codes, tuple(f"s{i:03d}" for i in range(150)))}, rng.normal(size=150)[codes]


def areas(rng, n):
    a, b = rng.uniform(-1, 1, (2, n))
    return {"a": NumberColumn(a), "b": NumberColumn(b)}, 3 * a * b


def holes(rng, n):
    """A remark that is left out where the target is high; its words are never the same twice, and tell nothing."""
    level = rng.normal(size=n)
    raw = [b"" if level[i] > 0.5 else f"w{rng.integers(10**9)}".encode() for i in range(n)]
    offsets = np.cumsum([0, *map(len, raw)])
    return {"remark": TextColumn(np.frombuffer(b"".join(raw), np.uint8), offsets, np.arange(n))}, level


KINDS = {NumberColumn: Kind.NUMBER, DateColumn: Kind.DATE, CategoryColumn: Kind.CATEGORY, TextColumn: Kind.TEXT}


def planted(make, *, seed=0, n=1000):
    columns, level = make(np.random.default_rng(seed), n)
    features = tuple(Column(name=name, kind=KINDS[type(c)]) for name, c in columns.items())
    return Dataset(
        schema=Schema(modality=Modality.TABLE, features=features, target="y", target_is_number=True),
        columns=columns,
        target=level + 0.3 * np.random.default_rng([seed, 1]).normal(size=n),
        rows=np.arange(n),
        fingerprint="planted",
        origin="made in the test",
    )


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("date_parts", weekdays),
        ("target_encoding", shops),
        ("ratios_and_products", areas),
        ("missing_indicators", holes),
    ],
)
def test_on_a_planted_effect_the_remedy_lets_a_linear_model_see_it(name, make):
    data, plain = planted(make), Recipe(architecture="columns_linear")
    train, valid = data.take(np.arange(600)), data.take(np.arange(600, 1000))
    changed = proposals(name, plain)[0][1]
    errors = []
    for recipe in (plain, changed):
        options = {"valid": None, "seed": 0, "seconds": None, "num_threads": 1}
        model = ColumnsLinear.fit(train, NumberTarget.fit(train.target), recipe.settings, **options)
        errors.append(float(np.std(model.scores(valid)[:, 0] - valid.target)))
    assert errors[1] < 0.92 * errors[0], errors
