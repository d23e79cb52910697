"""A snapshot ensemble is proposed where cycles have room, and where nothing speaks against them."""

from dataclasses import replace

import pytest

from whet.data.kinds import Modality
from whet.recipe import Length, Recipe, Regularisation, Resizing, Schedule, Transfer
from whet.remedies.remedy import remedies
from whet.tasks.classes import ClassTarget
from whet.tasks.facts import Facts
from whet.training.snapshots import check_cycles

FACTS = Facts(modality=Modality.TABLE, target=ClassTarget(("a", "b")), metric="accuracy", num_train=1000, epoch_s=0.5)
LONG = Recipe(architecture="mlp", schedule=Schedule(warmup=0.1), length=Length(epochs=24))


def proposed(recipe, facts=FACTS):
    return remedies["snapshot_ensemble"].propose(recipe, facts)


@pytest.mark.parametrize(
    ("length", "cycles"),
    [
        (Length(epochs=24), 4),
        (Length(epochs=8), 3),
        (Length(seconds=20, epochs=None), 4),
        (Length(seconds=6, epochs=24), 3),  # 12 epochs by the measured pace
        (Length(seconds=20, epochs=10), 3),
    ],
)
def test_cycles_follow_from_the_epochs_that_there_are(length, cycles):
    ((words, changed),) = proposed(replace(LONG, length=length))
    assert changed.schedule == Schedule(name="cosine", warmup=0.05, cycles=cycles)
    assert replace(changed, schedule=LONG.schedule) == replace(LONG, length=length)
    assert f"{cycles} snapshots of {cycles} cosine cycles" in words
    check_cycles(changed)  # such a recipe can be trained


@pytest.mark.parametrize(
    "length", [Length(epochs=7), Length(seconds=3, epochs=None), Length(seconds=3, epochs=24)], ids=str
)
def test_short_trainings_are_left_alone(length):
    assert not proposed(replace(LONG, length=length))


def test_without_a_measured_pace_seconds_say_nothing():
    unknown = replace(FACTS, epoch_s=None)
    assert not proposed(replace(LONG, length=Length(seconds=100, epochs=None)), unknown)
    assert proposed(replace(LONG, length=Length(seconds=100, epochs=20)), unknown)


@pytest.mark.parametrize("name", ["linear", "constant", "plateau"])
def test_other_schedules_are_left_alone(name):
    assert not proposed(replace(LONG, schedule=Schedule(name=name)))


def test_one_cycle_becomes_cosine_cycles_with_a_warmup_that_fits_into_the_first():
    ((_, changed),) = proposed(replace(LONG, schedule=Schedule(name="one_cycle", warmup=0.3)))
    assert changed.schedule == Schedule(name="cosine", warmup=0.05, cycles=4)


@pytest.mark.parametrize(
    "changes",
    [
        {"architecture": "boosted_trees"},
        {"schedule": Schedule(cycles=3)},
        {"regularisation": Regularisation(swa=0.25)},
        {"regularisation": Regularisation(early_stopping=3)},
        {"transfer": Transfer(contrastive=0.8)},
        {"resizing": Resizing(start=0.5, full_from=0.9)},
    ],
    ids=str,
)
def test_it_is_not_proposed_where_it_makes_no_sense(changes):
    assert not proposed(replace(LONG, **changes))


def test_the_words_count_the_members_that_there_will_be():
    ((words, _),) = proposed(replace(LONG, transfer=Transfer(head_first=0.3)))
    assert "3 snapshots of 4 cosine cycles" in words
