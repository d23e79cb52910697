"""Averaged weights are the plain mean of the last steps, and their batch-norm statistics are their own."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from training_world import SETTING, class_target, numbers_dataset, recipe

from whet.errors import ConfigError
from whet.recipe import Length, Recipe, Regularisation, Schedule
from whet.remedies.ema import WeightAveraging
from whet.remedies.swa import EqualAveraging
from whet.training.assemble import assemble
from whet.training.clock import TrainingClock
from whet.training.fit import fit
from whet.training.prepare import prepare
from whet.training.swa import EqualAverage

TRAIN, VALID, TARGET = numbers_dataset(80), numbers_dataset(40, seed=1), class_target()


def loop_of(wanted):
    ready = prepare(wanted, TARGET, TRAIN, VALID, SETTING)
    clock = TrainingClock(wanted.length)
    return assemble(wanted, ready, VALID, clock=clock, setting=SETTING, checkpoint=None)


def watched(loop):
    """The network's weights after each step, by step."""
    seen = []
    step = loop._step

    def and_look():
        step()
        seen.append({n: p.detach().clone() for n, p in loop.stepper.moving.model.named_parameters()})

    loop._step = and_look
    loop.run()
    return seen


def test_the_average_is_the_mean_of_the_last_steps():
    loop = loop_of(recipe(length=Length(epochs=4), regularisation=Regularisation(swa=0.25)))
    seen = watched(loop)
    last = seen[-len(seen) // 4 :]
    for name, averaged in loop.stepper.moving.evaluated.named_parameters():
        expected = torch.stack([each[name] for each in last]).mean(dim=0)
        assert torch.allclose(averaged, expected, atol=1e-6), name
    assert loop.stepper.moving.tail.count == len(last)


def test_the_rate_stays_while_weights_are_averaged():
    loop = loop_of(recipe(length=Length(epochs=8), regularisation=Regularisation(swa=0.5)))
    rates = []
    step = loop._step

    def and_note():
        step()
        rates.append(loop._rate)

    loop._step = and_note
    loop.run()
    half = len(rates) // 2
    assert np.allclose(rates[half:], rates[half])
    assert rates[half] == pytest.approx(0.5, abs=0.1)  # half-way down a cosine
    assert len(set(rates[:half])) == half


def test_statistics_are_those_of_the_averaged_weights_on_training_batches():
    wanted = recipe(length=Length(epochs=2), settings={"width": 8}, regularisation=Regularisation(swa=0.5))
    loop = loop_of(wanted)
    loop.run()
    net, feed = loop.stepper.moving.evaluated, loop.feed
    means = [net.backbone[0](feed(step)[0]["numbers"]).mean(dim=0) for step in range(feed.order.steps_per_epoch)]
    assert torch.allclose(net.backbone[1].running_mean, torch.stack(means).mean(dim=0), atol=1e-5)
    assert net.backbone[1].momentum == 0.1
    assert not net.training


def test_nothing_is_averaged_where_it_is_off():
    plain = fit(recipe(), TARGET, TRAIN, VALID, setting=SETTING)
    off = fit(recipe(regularisation=Regularisation(swa=0.0)), TARGET, TRAIN, VALID, setting=SETTING)
    assert plain.valid_scores.tobytes() == off.valid_scores.tobytes()
    assert loop_of(recipe()).stepper.moving.tail is None


def test_an_average_that_has_not_begun_leaves_the_network_itself():
    loop = loop_of(recipe(regularisation=Regularisation(swa=0.25)))
    assert loop.stepper.moving.evaluated is loop.stepper.moving.model


def test_an_average_survives_a_round_trip():
    loop = loop_of(recipe())
    net = loop.stepper.moving.model
    average = EqualAverage(net, begin=0.5)
    for progress in (0.1, 0.6, 0.7):
        with torch.no_grad():
            for parameter in net.parameters():
                parameter.add_(1.0)
        average.update(progress)
    again = EqualAverage(net, begin=0.5)
    again.load(average.tensors())
    assert again.count == 2
    for one, two in zip(average.model.state_dict().values(), again.model.state_dict().values(), strict=True):
        assert torch.equal(one, two)


@pytest.mark.parametrize("changes", [{"swa": 1.0}, {"swa": -0.1}, {"swa": 0.2, "ema": 0.9}])
def test_what_makes_no_sense_is_refused(changes):
    with pytest.raises(ConfigError, match="swa"):
        Regularisation(**changes)


def test_the_two_averages_are_proposed_once_and_never_together():
    base = Recipe(architecture="mlp")
    ((words, changed),) = EqualAveraging().propose(base, None)
    assert "25%" in words
    assert changed.regularisation.swa == 0.25
    assert not EqualAveraging().propose(changed, None)
    assert not WeightAveraging().propose(changed, None)
    assert not EqualAveraging().propose(replace(base, schedule=Schedule(name="plateau")), None)
    ((_, averaged),) = WeightAveraging().propose(base, None)
    assert not EqualAveraging().propose(averaged, None)


def test_recipes_without_the_field_are_read():
    data = Recipe(architecture="mlp").to_dict()
    del data["regularisation"]["swa"], data["distillation"]
    assert Recipe.from_dict(data) == Recipe(architecture="mlp")
