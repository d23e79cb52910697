"""The default space of every architecture, and how a diagnosis narrows it."""

import pytest
import torch

import whet.augment
import whet.models
import whet.remedies
import whet.tasks  # noqa: F401
from whet.data.inputs import InputSpec
from whet.data.kinds import Modality
from whet.finding import Finding
from whet.models.architecture import architectures, build
from whet.recipe import Recipe
from whet.rng import make_numpy_generator
from whet.search.checking import check_space
from whet.search.default_space import default_space
from whet.search.fields import changed, value_of
from whet.search.regularisation import regularisation_space
from whet.tasks.classes import ClassTarget
from whet.tasks.facts import Facts

SHAPES = {"image_size": (16, 16, 3), "series_shape": (2, 32), "num_numbers": 3}


def facts(modality, num_train=800):
    return Facts(
        modality=modality,
        target=ClassTarget(("a", "b")),
        metric="accuracy",
        num_train=num_train,
        flip_is_safe=True,
        **SHAPES,
    )


def cases():  # of networks that are trained from nothing
    for name, cls in architectures.items():
        for modality in Modality:
            if not name.startswith("test_") and cls.reads(modality) and not cls.needs_backbone:
                for recipe in list(cls.recipes(facts(modality)).values())[:1]:
                    yield pytest.param(modality, recipe, id=name)


@pytest.mark.parametrize(("modality", "recipe"), list(cases()))
def test_the_default_space_fits_and_holds_the_recipe_it_is_built_around(modality, recipe):
    space = default_space(recipe, facts(modality))
    check_space(space, recipe)
    assert space.holds({name: value_of(recipe, name) for name in space.dimensions})
    assert {"optimiser.lr", "schedule.name", "regularisation.early_stopping"} <= set(space.dimensions)


@pytest.mark.parametrize("num_train", [5, 100_000])
def test_the_default_space_exists_for_tiny_and_large_data(num_train):
    assert default_space(Recipe(architecture="mlp"), facts(Modality.TABLE, num_train)).dimensions


EXAMPLES = {
    Modality.TABLE: {"numbers": torch.ones(4, 3), "categories": torch.zeros(4, 0, dtype=torch.long)},
    Modality.IMAGE: {"image": torch.ones(4, 3, 16, 16)},
}


@pytest.mark.parametrize(
    ("name", "modality", "spec"),
    [
        ("mlp", Modality.TABLE, InputSpec(modality=Modality.TABLE, num_numbers=3)),
        ("ft_transformer", Modality.TABLE, InputSpec(modality=Modality.TABLE, num_numbers=3)),
        ("vit", Modality.IMAGE, InputSpec(modality=Modality.IMAGE, channels=3, height=16, width=16)),
        ("resnet", Modality.IMAGE, InputSpec(modality=Modality.IMAGE, channels=3, height=16, width=16)),
    ],
)
def test_every_drawn_size_can_be_built(name, modality, spec):
    recipe = next(iter(architectures[name].recipes(facts(modality)).values()))
    space = default_space(recipe, facts(modality))
    for seed in range(4):
        drawn = changed(recipe, space.draw(make_numpy_generator(seed, "test")))
        outputs = build(name, spec, 2, drawn.settings, seed=0).eval()(EXAMPLES[modality])
        assert (outputs.shape[0], outputs.shape[-1]) == (4, 2)
        assert torch.isfinite(outputs).all()


def found(*symptoms):
    return [Finding(symptom=s, severity=0.5, statement="") for s in symptoms]


def test_overfitting_asks_for_regularisers_and_underfitting_for_size_and_length():
    recipe = next(iter(architectures["resnet"].recipes(facts(Modality.IMAGE)).values()))
    over = regularisation_space(found("overfitting"), recipe, facts(Modality.IMAGE)).dimensions
    under = regularisation_space(found("underfitting"), recipe, facts(Modality.IMAGE)).dimensions
    both = regularisation_space(found("overfitting", "underfitting"), recipe, facts(Modality.IMAGE))
    treated = {"l1", "weight_decay", "label_smoothing", "mixup", "cutmix", "early_stopping"}
    assert {f"regularisation.{each}" for each in treated} <= set(over)
    assert {"settings.dropout", "settings.stochastic_depth", "augment"} <= set(over)
    assert "settings.widths" not in over
    assert not [name for name in under if name.startswith("regularisation.")]
    assert {"settings.widths", "length.epochs", "optimiser.lr"} <= set(under)
    assert min(sum(v) for v in under["settings.widths"].values) >= sum(value_of(recipe, "settings.widths"))
    assert both.to_dict() == default_space(recipe, facts(Modality.IMAGE)).to_dict()
