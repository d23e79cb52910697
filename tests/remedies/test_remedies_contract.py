"""Every registered remedy keeps the contract; registering is enough to be tested."""

from dataclasses import replace

import pytest

import whet.auditing.checks  # noqa: F401  (registers them)
from whet.auditing.check import checks
from whet.data.kinds import Modality
from whet.diagnosis.rule import rules
from whet.recipe import Recipe
from whet.remedies.remedy import remedies
from whet.tasks.classes import ClassTarget
from whet.tasks.facts import Facts
from whet.tasks.number import NumberTarget
from whet.tasks.task import tasks

CLASSES = ClassTarget(("a", "b", "c"))
NUMBER = NumberTarget(0.0, 1.0, -1.0, 1.0)


def facts_of(task, **changes):
    base = Facts(
        modality=task.modality,
        target=CLASSES if task.kind == "classes" else NUMBER,
        metric="accuracy" if task.kind == "classes" else "rmse",
        num_train=1000,
        class_counts=(700, 200, 100) if task.kind == "classes" else (),
        image_size=(32, 32, 3),
        flip_is_safe=True,
        series_shape=(1, 50),
        seconds_left=100.0,
        suggested_lr=0.5,
        epoch_s=1.0,
    )
    return replace(base, **changes)


CASES = [(name, task) for name, _ in remedies.items() for _, task in tasks.items()]


@pytest.mark.parametrize(("name", "task"), CASES, ids=lambda v: v if isinstance(v, str) else v.name)
def test_a_proposal_is_a_changed_recipe_that_round_trips(name, task):
    facts = facts_of(task)
    recipe = replace(task.default(facts), length=replace(task.default(facts).length, seconds=10.0))
    for change, changed in remedies[name].propose(recipe, facts):
        assert change
        assert changed != recipe
        assert changed.digest() != recipe.digest()
        assert Recipe.from_dict(changed.to_dict()) == changed


@pytest.mark.parametrize(("name", "task"), CASES, ids=lambda v: v if isinstance(v, str) else v.name)
def test_proposing_is_deterministic_and_leaves_the_recipe_alone(name, task):
    facts = facts_of(task)
    recipe = task.default(facts)
    digest = recipe.digest()
    assert remedies[name].propose(recipe, facts) == remedies[name].propose(recipe, facts)
    assert recipe.digest() == digest


@pytest.mark.parametrize("name", [n for n, _ in remedies.items() if n not in ("wider", "deeper", "schedule")])
def test_a_remedy_in_force_is_not_proposed_again(name):
    for _, task in tasks.items():
        facts = facts_of(task)
        for _, changed in remedies[name].propose(task.default(facts), facts):
            again = [recipe.digest() for _, recipe in remedies[name].propose(changed, facts)]
            assert changed.digest() not in again


def test_what_a_remedy_treats_is_a_known_symptom():
    known = {*rules, *checks}
    for name, remedy in remedies.items():
        assert remedy.treats <= known, name
        assert remedy.cost >= 0
        assert remedy.expected_gain > 0


def test_no_mirroring_is_proposed_where_mirrored_pictures_change_their_label():
    task = tasks["image_classification"]
    facts = facts_of(task, flip_is_safe=False)
    assert task.modality is Modality.IMAGE
    for _, changed in remedies["augmentation"].propose(task.default(facts), facts):
        assert all(step.name != "flip" for step in changed.augment)


def test_a_rate_near_the_suggested_one_is_left_alone():
    task = tasks["table_classification"]
    recipe = task.default(facts_of(task))
    near = facts_of(task, suggested_lr=recipe.optimiser.lr * 1.2)
    assert remedies["learning_rate"].propose(recipe, near) == ()
    assert remedies["learning_rate"].propose(recipe, facts_of(task, suggested_lr=None)) == ()


def test_even_classes_are_not_balanced():
    task = tasks["table_classification"]
    even = facts_of(task, class_counts=(100, 100, 90))
    assert remedies["class_balancing"].propose(task.default(even), even) == ()
