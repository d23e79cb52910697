"""Cheap looks: each makes less of one thing, leaves the rest alone, and refuses what it cannot make less of."""

from dataclasses import replace

import numpy as np
import pytest

import whet.augment
import whet.models
import whet.search.fidelities  # noqa: F401  (these three fill the registries)
from whet.data.columns import ImageColumn
from whet.data.kinds import Modality
from whet.errors import ConfigError
from whet.models.architecture import architectures
from whet.recipe import AugmentStep, Length, Recipe
from whet.search.fidelities.pictures import with_pictures_of
from whet.search.fidelities.width import WIDTHS, narrower
from whet.search.fidelity import Look, fidelities, rank_correlation
from whet.search.fields import settings_of
from whet.search.tried import Tried
from whet.testing.examples import tiny
from whet.testing.facts import facts_for

NET = Recipe(architecture="mlp", settings={"width": 192}, length=Length(seconds=9.0, epochs=30.0))
PICTURES = Recipe(architecture="resnet", augment=(AugmentStep(name="translate"), AugmentStep(name="flip")))
TABLE, IMAGE = facts_for(Modality.TABLE), facts_for(Modality.IMAGE)


@pytest.mark.parametrize("name", list(fidelities))
def test_each_look_leaves_rates_depth_and_seconds_alone(name):
    facts, recipe = (IMAGE, replace(PICTURES, length=NET.length)) if name == "pictures" else (TABLE, NET)
    fidelities[name].check(recipe, facts)
    look = fidelities[name].look(recipe, 1 / 9, facts)
    assert look.recipe.optimiser == recipe.optimiser
    assert look.recipe.settings.get("depth") == recipe.settings.get("depth")
    assert look.recipe.length.seconds == 9.0
    assert look.recipe.length.epochs == pytest.approx(30.0 / 9 if name == "length" else 30.0, abs=1e-3)


@pytest.mark.parametrize("name", list(fidelities))
def test_looks_at_two_shares_and_the_full_training_are_three_different_things(name):
    facts, recipe = (IMAGE, PICTURES) if name == "pictures" else (TABLE, NET)
    looks = [fidelities[name].look(recipe, share, facts) for share in (1 / 9, 1 / 3)]
    assert len({look.digest() for look in [*looks, Look(recipe=recipe)]}) == 3
    assert looks[0].digest() == fidelities[name].look(recipe, 1 / 9, facts).digest()


@pytest.mark.parametrize("name", [n for n in architectures if set(WIDTHS) & set(settings_of(n))])
def test_no_width_grows_and_what_can_be_narrower_is(name):
    recipe = Recipe(architecture=name)
    fidelities["width"].check(recipe, TABLE)
    narrow = fidelities["width"].look(recipe, 1 / 9, TABLE).recipe
    for setting in set(WIDTHS) & set(settings_of(name)):
        before, after = np.atleast_1d(settings_of(name)[setting]), np.atleast_1d(narrow.settings[setting])
        assert (after <= before).all()
        assert (after[before > 8] < before[before > 8]).all()
        assert (after[before >= 8] % 8 == 0).all()
    untouched = set(settings_of(name)) - set(WIDTHS)
    assert not untouched & set(narrow.settings)


def test_a_width_stays_a_multiple_of_the_heads():
    recipe = Recipe(architecture="vit", settings={"width": 96, "heads": 3})
    assert fidelities["width"].look(recipe, 1 / 3, IMAGE).recipe.settings["width"] % 24 == 0
    assert narrower(0, 0.5) == 0  # a hidden layer that is not there stays away


def test_arithmetic_falls_with_the_share():
    for share in (1 / 9, 1 / 3):
        wide = Recipe(architecture="mlp", settings={"width": 480})
        assert (fidelities["width"].look(wide, share, TABLE).recipe.settings["width"] / 480) ** 2 == pytest.approx(
            share, rel=0.1
        )
        height, width = fidelities["pictures"].look(PICTURES, share, IMAGE).picture
        assert height * width / 32**2 == pytest.approx(share, rel=0.15)


def test_stems_keep_their_stride_and_shifts_their_share_of_the_side():
    large = replace(IMAGE, image_size=(96, 96, 3))
    assert fidelities["pictures"].look(PICTURES, 1 / 9, large).recipe.settings["stem_stride"] == 3
    recipe = replace(PICTURES, augment=(AugmentStep(name="translate", settings={"pixels": 6}), *PICTURES.augment))
    looked = fidelities["pictures"].look(recipe, 1 / 9, large).recipe.augment
    assert [step.settings for step in looked] == [{"pixels": 2}, {"pixels": 1}, {}]


@pytest.mark.parametrize(
    ("name", "recipe", "facts", "words"),
    [
        ("examples", NET, replace(TABLE, num_train=50), "needs more than 60 training examples.*there are 50"),
        ("pictures", NET, TABLE, "these data are of the kind 'table'"),
        ("pictures", PICTURES, replace(IMAGE, image_size=(8, 8, 1)), "these are 8 x 8"),
        ("pictures", replace(PICTURES, backbone="somewhere"), IMAGE, "reads pictures at its own size"),
        ("width", replace(NET, backbone="somewhere"), TABLE, "pretrained weights"),
        ("width", Recipe(architecture="boosted_trees"), TABLE, "'boosted_trees' has none. Use --fidelity length"),
        ("width", Recipe(architecture="pretrained_text"), TABLE, "'pretrained_text' has none"),
    ],
)
def test_what_cannot_be_looked_at_is_refused_in_words(name, recipe, facts, words):
    with pytest.raises(ConfigError, match=words):
        fidelities[name].check(recipe, facts)


def test_smaller_pictures_are_averages_of_the_examples_own_pictures():
    data = tiny(Modality.IMAGE, n=10)
    column = data.columns["image"]
    padded = np.concatenate([np.full((5, 12, 12, 3), 255, np.uint8), column.pixels])  # five that nobody refers to
    data = replace(data, columns={"image": ImageColumn(padded, column.rows + 5)})
    small = with_pictures_of(data, (8, 9))
    made = small.columns["image"].gather(np.arange(10))
    assert made.shape == (10, 8, 9, 3)
    assert len(small.columns["image"].pixels) == 10
    before = data.columns["image"].gather(np.arange(10)).mean(axis=(1, 2))
    assert np.abs(made.mean(axis=(1, 2)) - before).max() < 6  # of 255
    assert small.schema.features[0].image_size == (8, 9, 3)
    assert small.fingerprint != data.fingerprint


def test_making_smaller_and_taking_a_part_commute_and_flat_pictures_stay_flat():
    data = tiny(Modality.IMAGE, n=10)
    rows = np.array([7, 2, 2, 5])
    one = with_pictures_of(data, (8, 8)).take(rows).columns["image"]
    other = with_pictures_of(data.take(rows), (8, 8)).columns["image"]
    assert (one.gather(np.arange(4)) == other.gather(np.arange(4))).all()
    flat = replace(data, columns={"image": ImageColumn(np.full((10, 12, 12, 3), 77, np.uint8), np.arange(10))})
    assert (with_pictures_of(flat, (8, 8)).columns["image"].pixels == 77).all()


def test_rank_correlation_also_compares_neighbouring_shares_which_more_trials_reached():
    def tried(number, fidelity, score):
        return Tried(number=number, values={"x": number}, state="complete", digest="", fidelity=fidelity, score=score)

    cheap = [tried(n, 1 / 9, float(n)) for n in range(9)]
    middle = [tried(n, 1 / 3, float(n)) for n in range(4)]
    full = [tried(n, 1.0, -float(n)) for n in range(3)]
    lowest, next_one = rank_correlation([*cheap, *middle, *full])
    assert (lowest["num"], lowest["spearman"]) == (3, pytest.approx(-1.0))
    assert (lowest["next_num"], lowest["next_spearman"]) == (4, pytest.approx(1.0))
    assert (next_one["next"], next_one["next_spearman"]) == (1.0, next_one["spearman"])
