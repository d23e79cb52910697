"""A training that goes on from the weights of another one."""

import numpy as np
import torch
from training_world import SETTING, class_target, numbers_dataset, recipe

from whet.recipe import Length, Optimiser, Schedule
from whet.training.fit import fit

TRAIN, MORE, UNSEEN = numbers_dataset(160), numbers_dataset(240, seed=3), numbers_dataset(400, seed=1)
TARGET = class_target()


def train(data=TRAIN, start=None, **changes):
    return fit(recipe(**changes), TARGET, data, UNSEEN, setting=SETTING, start=start)


def right(training):
    return (training.valid_scores.argmax(axis=1) == TARGET.encode(UNSEEN.target)).mean()


def test_at_a_rate_of_next_to_nothing_it_stays_where_it_was():
    first = train()
    still = train(MORE, start=first.fitted, optimiser=Optimiser(lr=1e-12), length=Length(epochs=1))
    assert still.fitted.encoder is first.fitted.encoder
    for one, other in zip(first.fitted.model.parameters(), still.fitted.model.parameters(), strict=True):
        torch.testing.assert_close(one, other)


def test_the_network_that_it_starts_from_is_left_alone():
    first = train()
    before = [t.clone() for t in first.fitted.model.state_dict().values()]
    train(MORE, start=first.fitted)
    assert all(torch.equal(a, b) for a, b in zip(before, first.fitted.model.state_dict().values(), strict=True))


def test_it_is_further_than_a_fresh_one_after_a_few_steps():
    first = train(length=Length(epochs=20))
    short = {"length": Length(epochs=0.3), "schedule": Schedule(name="linear", warmup=0.1)}
    on, fresh = train(MORE, start=first.fitted, **short), train(MORE, **short)
    assert right(on) > right(fresh) + 0.1
    assert np.isclose(on.epochs, fresh.epochs)
