"""Whoever follows the learning curve changes nothing, unless they ask for the end."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from training_world import SETTING, class_target, numbers_dataset, recipe

from whet.recipe import Length, Regularisation
from whet.training.fit import fit
from whet.training.pruned import Pruned

TRAIN, VALID = numbers_dataset(160), numbers_dataset(40, seed=1)


def train(on_point=None, **changes):
    setting = replace(SETTING, on_point=on_point)
    return fit(recipe(**{"length": Length(epochs=6), **changes}), class_target(), TRAIN, VALID, setting=setting)


@pytest.mark.parametrize("stopping", [None, 2])
def test_a_training_that_is_followed_equals_one_that_is_not_bit_for_bit(stopping):
    told = []
    changes = {"regularisation": Regularisation(early_stopping=stopping)}
    alone = train(**changes)
    followed = train(lambda point, fraction: told.append((point, fraction)) or False, **changes)
    for a, b in zip(alone.fitted.model.state_dict().values(), followed.fitted.model.state_dict().values(), strict=True):
        assert torch.equal(a, b)
    assert np.array_equal(alone.valid_scores, followed.valid_scores)
    assert [p.epoch for p, _ in told] == [p.epoch for p in followed.curve]
    assert all(0 < fraction <= 1 for _, fraction in told)


def test_asking_for_the_end_ends_the_training_at_that_point():
    told = []

    def stop_at_half(point, fraction):
        told.append(fraction)
        return fraction >= 0.5

    with pytest.raises(Pruned):
        train(stop_at_half)
    assert 0.5 <= told[-1] < 1.0
    assert all(f < 0.5 for f in told[:-1])


def test_after_the_last_point_there_is_nothing_left_to_give_up():
    assert train(lambda point, fraction: fraction >= 1.0).epochs == 6.0
