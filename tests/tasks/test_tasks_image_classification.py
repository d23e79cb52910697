"""The picture network grows with the time there is, and never shrinks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from whet.data.kinds import Modality
from whet.tasks.classes import ClassTarget
from whet.tasks.facts import Facts
from whet.tasks.image_classification import ImageClassification

TASK = ImageClassification()
FACTS = Facts(
    modality=Modality.IMAGE,
    target=ClassTarget(("cat", "dog")),
    metric="accuracy",
    num_train=40_000,
    image_size=(32, 32, 3),
    epoch_s=10.0,
)


@pytest.mark.parametrize(("seconds", "widths"), [(50, [32, 64, 128]), (200, [64, 128, 256]), (600, [64, 256, 256])])
def test_more_time_takes_a_wider_network(seconds: float, widths: list[int]) -> None:
    sized = TASK.sized(TASK.default(FACTS), FACTS, seconds=seconds)
    assert sized.settings["widths"] == widths
    assert sized.test_time_augmentation == (widths != [32, 64, 128])


@pytest.mark.parametrize("facts", [replace(FACTS, epoch_s=None), replace(FACTS, num_train=4_000)])
def test_unknown_pace_and_few_pictures_change_nothing(facts: Facts) -> None:
    default = TASK.default(facts)
    assert TASK.sized(default, facts, seconds=600) == default


def test_a_network_that_somebody_made_wider_stays() -> None:
    wide = TASK.default(FACTS).with_settings(widths=[128, 256, 512])
    assert TASK.sized(wide, FACTS, seconds=50) == wide


def test_larger_batches_take_larger_steps() -> None:
    few, many = TASK.default(replace(FACTS, num_train=1_000)), TASK.default(FACTS)
    assert (few.batch_size, few.optimiser.lr) == (64, 0.1)
    assert (many.batch_size, many.optimiser.lr) == (256, 0.2)
