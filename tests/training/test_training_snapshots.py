"""Snapshot ensembles: the networks at the ends of cosine cycles, and the mean of what they predict."""

from __future__ import annotations

import itertools
import math
from dataclasses import asdict, replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from training_world import SETTING, StandingClock, class_target, number_target, numbers_dataset, recipe

from whet.bundle.load import load_model
from whet.bundle.model import Member, Model
from whet.bundle.save import save
from whet.errors import ConfigError
from whet.evaluation.blend import Blend
from whet.recipe import AugmentStep, Length, Optimiser, Recipe, Regularisation, Resizing, Schedule, Transfer
from whet.state import State
from whet.stored_state import read_state, write_state
from whet.training.assemble import assemble
from whet.training.clock import TrainingClock
from whet.training.ending import Ending
from whet.training.fit import fit
from whet.training.fitted_network import FittedNetwork
from whet.training.interrupted import Interrupted
from whet.training.network import fit_network
from whet.training.prepare import prepare
from whet.training.restore import restore
from whet.training.schedules import rate
from whet.training.snapshots import Snapshots, num_networks
from whet.training.together import Job, fit_together
from whet.training.together_reasons import ApartError, why_apart

TRAIN, VALID, TARGET = numbers_dataset(80), numbers_dataset(40, seed=1), class_target()
FOUR = Schedule(cycles=4, warmup=0.05)
NOISE = (AugmentStep(name="test_training_noise"),)


def cyclic(**changes):
    """Four cycles of ten steps."""
    return recipe(**{"schedule": FOUR, "length": Length(epochs=8), **changes})


def trained(wanted, *, train=TRAIN, valid=VALID, target=TARGET, setting=SETTING):
    return fit(wanted, target, train, valid, setting=setting)


def loop_of(wanted):
    ready = prepare(wanted, TARGET, TRAIN, VALID, SETTING)
    clock = TrainingClock(wanted.length)
    return assemble(wanted, ready, VALID, clock=clock, setting=SETTING, checkpoint=None)


def watched(loop):
    """The weights that count after each step, and the rates."""
    seen, rates = [], []
    step = loop._step

    def and_look():
        step()
        seen.append({n: t.clone() for n, t in loop.stepper.moving.evaluated.state_dict().items()})
        rates.append(loop._rate)

    loop._step = and_look
    loop.run()
    return seen, rates


def alone(fitted, wanted, target=TARGET):
    """Each member as a model by itself, from the arrays that are stored."""
    state = fitted.state()
    prefixes = [*(f"earlier.{i}." for i in range(state.config["earlier"])), "model."]
    config = {k: v for k, v in state.config.items() if k != "earlier"}
    kept = {n: a for n, a in state.arrays.items() if n.startswith("encoder.")}
    for prefix in prefixes:
        arrays = {**kept, **{f"model.{n}": a for n, a in state.part(prefix, {}).arrays.items()}}
        yield restore(wanted, target, State(config, arrays))


def test_restarts_without_warmup_are_those_of_the_paper():
    """Huang et al., equation 2, with T = 64 steps, M = 4 cycles and t from 1."""
    expected = [0.5 * (math.cos(math.pi * ((t - 1) % 16) / 16) + 1) for t in range(1, 65)]
    schedule = Schedule(cycles=4, warmup=0.0)
    assert [rate(schedule, step / 64) for step in range(64)] == pytest.approx(expected, abs=1e-9)


@given(cycles=st.integers(2, 9), part=st.floats(0, 0.9), progress=st.floats(0, 0.999))
def test_the_warmup_shortens_the_fall_of_the_first_cycle_alone(cycles, part, progress):
    schedule, length = Schedule(cycles=cycles, warmup=part / cycles), 1 / cycles
    share = math.fmod(progress, length) / length
    if min(share, 1 - share) < 1e-6:
        return  # which side of an end it is on is a matter of rounding
    if progress > length:
        expected = 0.5 * (1 + math.cos(math.pi * share))
    elif share < part:
        expected = share / part
    else:
        expected = 0.5 * (1 + math.cos(math.pi * (share - part) / (1 - part)))
    assert rate(schedule, progress) == pytest.approx(expected, abs=1e-4)


@given(warmup=st.floats(0, 0.9), progress=st.floats(0, 1))
def test_one_cycle_is_the_plain_cosine_bit_for_bit(warmup, progress):
    expected = progress / warmup if progress < warmup else None
    if expected is None:
        expected = (1 + math.cos(math.pi * ((progress - warmup) / (1 - warmup)))) / 2
    assert rate(Schedule(warmup=warmup, cycles=1), progress) == expected


@pytest.mark.parametrize(
    "changes",
    [
        {"cycles": 0},
        {"cycles": 2.5},
        {"cycles": "4"},
        {"cycles": 2, "name": "linear"},
        {"cycles": 2, "name": "one_cycle"},
    ],
)
def test_cycles_are_whole_numbers_of_a_cosine(changes):
    with pytest.raises(ConfigError, match=r"Schedule\.cycles must be"):
        Schedule(**changes)


def test_a_warmup_longer_than_the_first_cycle_is_refused():
    with pytest.raises(ConfigError, match=r"Schedule\.warmup must be less than 1 / cycles = 0\.25"):
        Schedule(cycles=4, warmup=0.25)


def test_recipes_without_the_field_are_read_and_others_round_trip():
    data = Recipe(architecture="mlp").to_dict()
    del data["schedule"]["cycles"]
    assert Recipe.from_dict(data) == Recipe(architecture="mlp")
    assert Recipe.from_yaml(cyclic().to_yaml()) == cyclic()


def test_one_cycle_keeps_nothing_and_predicts_as_the_network_does():
    loop = loop_of(recipe())
    assert loop.snapshots is None
    fitted = trained(recipe()).fitted
    assert fitted.networks == (fitted.model,)
    assert "earlier" not in fitted.state().config
    assert all(name.startswith(("encoder.", "model.")) for name in fitted.state().arrays)


@pytest.mark.parametrize("ema", [None, 0.8])
@pytest.mark.parametrize("epochs", [8, 7, 6.5])  # 40 steps, and numbers of which a quarter is no whole number
def test_members_are_the_weights_that_count_at_the_end_of_each_cycle(ema, epochs):
    loop = loop_of(cyclic(length=Length(epochs=epochs), regularisation=Regularisation(ema=ema)))
    seen, rates = watched(loop)
    restarts = [k for k in range(3, len(rates)) if rates[k] > rates[k - 1]]
    assert [each.step for each in loop.snapshots.kept] == restarts
    assert len(restarts) == 3
    for each in loop.snapshots.kept:
        assert rates[each.step - 1] < 0.05
        assert rates[each.step] > 0.95
        assert all(torch.equal(t, seen[each.step - 1][n]) for n, t in each.weights.items())
        assert all(t.device.type == "cpu" for t in each.weights.values())


KINDS = {
    "plain": {},
    "averaged weights": {"regularisation": Regularisation(ema=0.8)},
    "views": {"augment": NOISE, "test_time_augmentation": True},
    "members side by side": {"settings": {"members": 2}},
    "convolutions": {"architecture": "test_training_conv", "optimiser": Optimiser(name="muon", lr=0.02)},
    "low rank": {"transfer": Transfer(lora_rank=2), "settings": {"norm": False}},
}


@pytest.mark.parametrize("kind", KINDS)
def test_scores_are_the_mean_of_what_each_member_says_alone(kind):
    wanted = cyclic(**KINDS[kind])
    training = trained(wanted)
    each = [member.scores(VALID) for member in alone(training.fitted, wanted)]
    assert len(each) == 4
    assert all(not np.allclose(a, b) for i, a in enumerate(each) for b in each[:i])
    np.testing.assert_allclose(training.valid_scores, np.mean(each, axis=0), atol=1e-7)
    np.testing.assert_array_equal(training.valid_scores, training.fitted.scores(VALID))
    np.testing.assert_allclose(training.valid_scores.sum(axis=1), 1.0)


def test_a_number_is_the_mean_of_the_members_numbers():
    train, valid = numbers_dataset(80, regression=True), numbers_dataset(30, seed=1, regression=True)
    target, wanted = number_target(train), cyclic(optimiser=Optimiser(lr=3e-3))
    training = trained(wanted, train=train, valid=valid, target=target, setting=replace(SETTING, metric="rmse"))
    each = [member.scores(valid) for member in alone(training.fitted, wanted, target)]
    assert training.valid_scores.shape == (30, 1)
    np.testing.assert_allclose(training.valid_scores, np.mean(each, axis=0), rtol=1e-6)


def test_the_curve_shows_the_network_and_the_size_counts_all_members():
    wanted = cyclic(optimiser=Optimiser(lr=0.02))
    training, single = trained(wanted), trained(replace(wanted, schedule=Schedule(warmup=0.05)))
    *_, last = alone(training.fitted, wanted)
    codes = TARGET.encode(VALID.target)
    assert training.curve[-1].valid_score == pytest.approx((last.scores(VALID).argmax(axis=1) == codes).mean())
    assert training.num_parameters == 4 * single.num_parameters
    train_codes = TARGET.encode(TRAIN.target)
    expected = (training.fitted.scores(TRAIN).argmax(axis=1) == train_codes).mean()
    assert training.train_score == training.curve[-1].train_score == pytest.approx(expected)


def stop_after(polls):
    count = iter(range(10**9))
    return lambda: next(count) >= polls


@pytest.mark.parametrize("kind", ["plain", "averaged weights", "members side by side"])
@pytest.mark.parametrize("stops", [(10, 1), (15, 15)])  # before and after the step at which a cycle begins; within two
def test_stopped_and_continued_equals_never_stopped(kind, stops, tmp_path):
    wanted = cyclic(**KINDS[kind])
    straight = trained(wanted)
    setting = replace(SETTING, checkpoint=tmp_path)
    for polls in stops:
        with pytest.raises(Interrupted):
            trained(wanted, setting=replace(setting, should_stop=stop_after(polls)))
    continued = trained(wanted, setting=setting)
    assert continued.notes == (f"continued from a checkpoint at step {sum(stops)}",)
    one, two = straight.fitted.state(), continued.fitted.state()
    assert one.config == two.config
    assert one.config["earlier"] == 3
    assert one.arrays.keys() == two.arrays.keys()
    assert all(one.arrays[name].tobytes() == two.arrays[name].tobytes() for name in one.arrays)
    assert straight.valid_scores.tobytes() == continued.valid_scores.tobytes()
    assert [{**asdict(p), "seconds": 0} for p in straight.curve] == [
        {**asdict(p), "seconds": 0} for p in continued.curve
    ]


@pytest.mark.parametrize("kind", ["plain", "views"])
def test_a_stored_state_gives_the_same_scores_bit_for_bit(kind, tmp_path):
    wanted = cyclic(**KINDS[kind])
    fitted = trained(wanted).fitted
    write_state(fitted.state(), tmp_path, "part-00")
    again = restore(wanted, TARGET, read_state(tmp_path, "part-00"))
    assert isinstance(again, FittedNetwork)
    assert len(again.networks) == 4
    assert again.scores(VALID).tobytes() == fitted.scores(VALID).tobytes()


def test_a_bundle_keeps_every_member(tmp_path):
    def saved(wanted, name):
        member = Member(title="one", recipe=wanted, fitted=trained(wanted).fitted)
        blend = Blend(weights=(1.0,), temperature=2.0)
        model = Model(
            task="table_classification",
            schema=TRAIN.schema,
            target=TARGET,
            members=(member,),
            blend=blend,
            metric="accuracy",
        )
        save(model, tmp_path / name)
        assert load_model(tmp_path / name).scores(VALID).tobytes() == model.scores(VALID).tobytes()
        return sum(p.stat().st_size for p in (tmp_path / name).glob("*.safetensors"))

    wide = {"settings": {"width": 512}, "length": Length(epochs=4)}
    assert saved(cyclic(**wide), "four") > 3.8 * saved(recipe(**wide), "one")


def test_a_training_in_seconds_has_cycles_of_its_clock():
    wanted = cyclic(length=Length(seconds=10.0, epochs=None))
    training = fit_network(wanted, TARGET, TRAIN, VALID, setting=SETTING, now=StandingClock(0.01))
    assert len(training.fitted.networks) == 4
    rates = [point.lr for point in training.curve]
    assert sum(b > a for a, b in itertools.pairwise(rates[1:])) == 3


def test_a_training_of_one_step_is_its_only_member():
    training = trained(cyclic(length=Length(epochs=0.2)))
    assert training.steps == 1
    assert len(training.fitted.networks) == 1


def test_a_diverged_training_goes_back_and_still_has_its_members():
    training = trained(cyclic(settings={"trap": "once"}))
    assert training.retried
    assert len(training.fitted.networks) == 4
    assert np.isfinite(training.valid_scores).all()


def test_what_was_kept_after_the_step_that_a_training_goes_back_to_is_lost():
    net = loop_of(recipe()).stepper.moving.model
    snapshots = Snapshots(net, FOUR)
    for step, progress in ((10, 0.26), (20, 0.51)):
        assert snapshots.is_due(progress, step)
        snapshots.keep(net, progress, step)
        assert not snapshots.is_due(progress + 0.01, step + 1)
    assert not snapshots.is_due(0.4, 15)
    assert [each.step for each in snapshots.kept] == [10]
    assert snapshots.is_due(0.51, 20)


def test_what_is_kept_follows_no_later_step():
    net = loop_of(recipe()).stepper.moving.model
    snapshots = Snapshots(net, FOUR)
    snapshots.keep(net, 0.3, 5)
    before = {n: t.clone() for n, t in net.state_dict().items()}
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(1.0)
    (kept,) = snapshots.networks(torch.device("cpu"))
    assert all(torch.equal(t, before[n]) for n, t in kept.state_dict().items())


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, 4),
        ({"transfer": Transfer(head_first=0.15)}, 4),
        ({"transfer": Transfer(head_first=0.15, gradual=0.3)}, 3),
        ({"transfer": Transfer(contrastive=0.6)}, 2),
        ({"resizing": Resizing(start=0.6, full_from=0.7)}, 2),
        ({"resizing": Resizing(start=0.6, full_from=0.75)}, 2),
        ({"resizing": Resizing(start=1.0, full_from=0.7)}, 4),
    ],
)
def test_a_cycle_of_a_network_that_is_not_whole_leaves_no_member(changes, expected):
    assert num_networks(cyclic(**changes)) == expected


def test_cycles_in_which_the_body_waits_leave_no_member():
    training = trained(cyclic(transfer=Transfer(head_first=0.3)))
    assert len(training.fitted.networks) == 3


@pytest.mark.parametrize(
    ("regularisation", "name"),
    [(Regularisation(swa=0.25), "swa"), (Regularisation(early_stopping=3), "early_stopping")],
)
def test_what_makes_no_sense_with_cycles_is_refused(regularisation, name):
    with pytest.raises(ConfigError, match=rf"Regularisation\.{name} must be .* with Schedule\.cycles = 4"):
        trained(cyclic(regularisation=regularisation))
    trained(recipe(regularisation=regularisation))  # alone it is fine


def test_seeds_with_cycles_are_trained_apart_for_a_reason():
    assert "cycles" in why_apart(cyclic(), TRAIN.schema.modality, SETTING)
    with pytest.raises(ApartError, match="cycles"):
        fit_together(cyclic(), TARGET, [Job(seed=s, train=TRAIN, valid=VALID) for s in (0, 1)], setting=SETTING)


def test_time_is_kept_free_for_the_scores_of_every_member():
    one, four = (Ending(num_valid=300, num_train=100, seconds=None, num_networks=count) for count in (1, 4))
    one.each_s = four.each_s = 1e-3
    assert four.reserve_s() == pytest.approx(4 * one.reserve_s())
    assert loop_of(cyclic()).ending.num_networks == 4
    assert loop_of(recipe()).ending.num_networks == 1
