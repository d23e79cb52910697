from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from training_world import SETTING, StandingClock, class_target, number_target, numbers_dataset, recipe

from whet.recipe import AugmentStep, Length, Optimiser, Regularisation, Schedule
from whet.training.fit import fit
from whet.training.interrupted import Interrupted
from whet.training.together import Job, fit_together
from whet.training.together_reasons import ApartError

TRAIN, VALID = numbers_dataset(83), numbers_dataset(40, seed=1)
TARGET = class_target()
SEEDS = (0, 7, 1001)


def together(changed, *, train=TRAIN, valid=VALID, target=TARGET, setting=SETTING, **more):
    jobs = [Job(seed=seed, train=train, valid=valid) for seed in SEEDS]
    return fit_together(changed, target, jobs, setting=setting, **more)


def weights(training):
    """Without a bias before a batch norm: its gradient is nothing but rounding, which Adam makes as large as any."""
    model = training.fitted.model
    hidden = ("backbone.0.bias", "backbone.1.running_mean") if "backbone.1.running_mean" in model.state_dict() else ()
    return {name: tensor for name, tensor in model.state_dict().items() if name not in hidden}


def assert_like_apart(changed, *, train=TRAIN, valid=VALID, target=TARGET, atol=2e-4):
    for one, seed in zip(together(changed, train=train, valid=valid, target=target), SEEDS, strict=True):
        alone = fit(replace(changed, seed=seed), target, train, valid, setting=SETTING)
        for (name, a), b in zip(weights(alone).items(), weights(one).values(), strict=True):
            torch.testing.assert_close(a, b, atol=atol, rtol=2e-3, msg=lambda m, n=name: f"{n}: {m}")
        if valid is not None:
            np.testing.assert_allclose(alone.valid_scores, one.valid_scores, atol=1e-3)
        assert (alone.steps, alone.epochs, alone.num_parameters) == (one.steps, one.epochs, one.num_parameters)
        assert [p.epoch for p in alone.curve] == [p.epoch for p in one.curve]
        np.testing.assert_allclose(
            [p.train_loss for p in alone.curve], [p.train_loss for p in one.curve], rtol=1e-3, atol=1e-5
        )


REGULARISED = Regularisation(weight_decay=0.05, l1=1e-3, label_smoothing=0.1, grad_clip=0.5, ema=0.9)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"settings": {"dropout": 0.3}},
        {"optimiser": Optimiser(name="sgd", lr=0.05), "regularisation": REGULARISED},
        {"regularisation": Regularisation(mixup=0.4), "schedule": Schedule(name="one_cycle", warmup=0.3)},
        {"settings": {"members": 2, "norm": False}, "balance": "class_weights"},
        {"augment": (AugmentStep(name="test_training_noise"),), "balance": "balanced_sampling"},
        {"architecture": "test_training_conv"},
        {"augment": (AugmentStep(name="test_training_noise"),), "test_time_augmentation": True},
    ],
)
def test_each_seed_learns_what_it_learns_alone(changes):
    assert_like_apart(recipe(**changes))


def test_a_number_can_be_the_target():
    data, valid = numbers_dataset(64, regression=True), numbers_dataset(20, seed=1, regression=True)
    setting = replace(SETTING, metric="rmse")
    target = number_target(data)
    changed = recipe(optimiser=Optimiser(lr=3e-3), settings={"norm": False})
    for one, seed in zip(together(changed, train=data, valid=valid, target=target, setting=setting), SEEDS):
        alone = fit(replace(changed, seed=seed), target, data, valid, setting=setting)
        np.testing.assert_allclose(alone.valid_scores, one.valid_scores, rtol=1e-4, atol=1e-3)


def test_parts_of_a_cross_validation_train_together_too():
    parts = [TRAIN.take(np.arange(start, start + 60)) for start in (0, 10, 20)]
    changed = recipe(settings={"dropout": 0.2})
    jobs = [Job(seed=3, train=part, valid=VALID) for part in parts]
    for one, part in zip(fit_together(changed, TARGET, jobs, setting=SETTING), parts, strict=True):
        alone = fit(replace(changed, seed=3), TARGET, part, VALID, setting=SETTING)
        np.testing.assert_allclose(alone.valid_scores, one.valid_scores, atol=1e-3)


def test_the_networks_are_independent_of_each_other_afterwards():
    one, two, _ = together(recipe())
    before = two.fitted.scores(VALID)
    with torch.no_grad():
        for parameter in one.fitted.model.parameters():
            parameter.fill_(float("nan"))
    np.testing.assert_array_equal(before, two.fitted.scores(VALID))


def test_no_global_generator_is_touched():
    before = torch.get_rng_state()
    together(recipe(settings={"dropout": 0.3}))
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"optimiser": Optimiser(name="muon")}, "Muon"),
        ({"schedule": Schedule(name="plateau")}, "plateau"),
        ({"regularisation": Regularisation(early_stopping=3)}, "early stopping"),
        ({"regularisation": Regularisation(cutmix=1.0)}, "CutMix"),
        ({"regularisation": Regularisation(swa=0.3)}, "averaged"),
        ({"architecture": "majority"}, "estimator"),
        ({"settings": {"width": 8192}}, "parameters"),
        ({"settings": {"trap": "crash"}}, "cannot be stacked: planted"),
        ({"settings": {"trap": "always"}}, "another loss|diverged"),
    ],
)
def test_what_cannot_be_trained_together_says_why(changes, reason):
    with pytest.raises(ApartError, match=reason):
        together(recipe(**changes))


def test_parts_of_different_sizes_are_refused():
    jobs = [Job(seed=0, train=TRAIN, valid=VALID), Job(seed=0, train=TRAIN.take(np.arange(50)), valid=VALID)]
    with pytest.raises(ApartError, match="differ in size"):
        fit_together(recipe(), TARGET, jobs, setting=SETTING)


def test_a_group_never_takes_longer_than_its_trainings_would_one_by_one():
    clock = StandingClock(0.002)
    limited = recipe(length=Length(seconds=1.0, epochs=None))
    trainings = together(limited, setting=replace(SETTING, speed_cache=None), now=clock)
    assert clock.time <= len(SEEDS) * 1.05
    assert sum(t.seconds for t in trainings) == pytest.approx(clock.time, rel=0.02)
    assert len({t.steps for t in trainings}) == 1
    assert trainings[0].steps > 1


def test_being_asked_to_stop_stops_all():
    calls = []
    setting = replace(SETTING, should_stop=lambda: len(calls) > 5 or calls.append(1) is not None)
    with pytest.raises(Interrupted):
        together(recipe(length=Length(epochs=50)), setting=setting)
