from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from training_world import SETTING, StandingClock, class_target, number_target, numbers_dataset, recipe

from whet.errors import ConfigError, TrainingFailedError
from whet.recipe import AugmentStep, Length, Optimiser, Regularisation, Schedule
from whet.training.fit import fit
from whet.training.network import fit_network
from whet.training.restore import restore

TRAIN, VALID = numbers_dataset(80), numbers_dataset(40, seed=1)
TARGET = class_target()


def weights_of(training):
    return {n: t.clone() for n, t in training.fitted.model.state_dict().items()}


def assert_same_weights(one, two):
    assert all(torch.equal(a, b) for a, b in zip(weights_of(one).values(), weights_of(two).values(), strict=True))


def train(valid=VALID, *, data=TRAIN, target=TARGET, setting=SETTING, **changes):
    return fit(recipe(**changes), target, data, valid, setting=setting)


def test_a_training_reports_what_it_did():
    training = train(length=Length(epochs=4))
    assert training.steps == 20
    assert training.epochs == 4.0
    assert training.valid_scores.shape == (40, 3)
    assert training.valid_scores.dtype == np.float64
    np.testing.assert_allclose(training.valid_scores.sum(axis=1), 1.0)
    assert training.num_parameters == 16 * 16 + 16 + 32 + 16 * 3 + 3
    assert training.curve[-1].train_score == training.train_score
    assert training.curve[-1].epoch == 4.0
    assert training.curve[-1].valid_score is not None
    assert not training.retried
    assert training.notes == ()


def test_it_memorises_one_batch():
    few = TRAIN.take(np.arange(12))
    training = train(None, data=few, length=Length(epochs=200), optimiser=Optimiser(lr=0.02), settings={"width": 64})
    assert training.train_score == 1.0
    assert training.curve[-1].train_loss < 0.01
    assert training.valid_scores is None


@pytest.mark.parametrize("name", ["sgd", "muon", "adamw"])
def test_every_optimiser_learns(name):
    training = train(optimiser=Optimiser(name=name, lr=0.02, other_lr=0.01), length=Length(epochs=12))
    assert training.train_score > 0.9


def test_numbers_are_learnt_in_their_own_units():
    data = numbers_dataset(80, regression=True)
    training = train(
        numbers_dataset(40, seed=1, regression=True),
        data=data,
        target=number_target(data),
        setting=replace(SETTING, metric="rmse"),
        length=Length(epochs=40),
        optimiser=Optimiser(lr=0.02),
    )
    assert training.train_score < 0.5 * data.target.std()
    assert training.valid_scores.shape == (40, 1)


def test_the_same_seed_gives_the_same_weights_bit_for_bit():
    busy = {"settings": {"dropout": 0.3}, "augment": (AugmentStep(name="test_training_noise"),)}
    one, two = train(**busy), train(**busy)
    assert_same_weights(one, two)
    assert one.valid_scores.tolist() == two.valid_scores.tolist()
    assert not torch.equal(weights_of(one)["head.weight"], weights_of(train(seed=1, **busy))["head.weight"])


def test_nothing_outside_notices_the_training():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    threads = torch.get_num_threads()
    train(settings={"dropout": 0.3})
    assert torch.equal(torch.rand(3), expected)
    assert torch.get_num_threads() == threads


@pytest.mark.parametrize(
    "changes",
    [
        {"regularisation": Regularisation(grad_clip=1e9)},
        {"regularisation": Regularisation(ema=1e-9)},
        {"augment": (AugmentStep(name="test_training_noise", settings={"scale": 0.0}),)},
        {"schedule": Schedule(name="plateau", patience=1_000)},
        {"precision": "float32"},
        {"test_time_augmentation": True},
    ],
)
def test_a_switch_in_its_neutral_setting_changes_no_bit(changes):
    constant = {"schedule": Schedule(name="constant")}
    assert_same_weights(train(**constant), train(**{**constant, **changes}))


def test_watching_for_early_stopping_does_not_change_the_path():
    plain = train(length=Length(epochs=40))
    watched = train(length=Length(epochs=40), regularisation=Regularisation(early_stopping=1_000))
    assert [p.train_loss for p in plain.curve] == [p.train_loss for p in watched.curve]


def test_class_weights_of_even_classes_change_no_bit():
    even = TRAIN.take(np.concatenate([np.flatnonzero(TRAIN.target == c)[:16] for c in ("c0", "c1", "c2")]))
    assert_same_weights(train(data=even), train(data=even, balance="class_weights"))


def test_class_weights_help_the_rare_class():
    rare = np.concatenate([np.flatnonzero(TRAIN.target == "c0"), np.flatnonzero(TRAIN.target == "c1")[:2]])
    noise = {"settings": {"width": 2}, "length": Length(epochs=8)}
    plain, weighted = (train(data=TRAIN.take(rare), balance=b, **noise) for b in ("none", "class_weights"))
    assert weighted.valid_scores[:, 1].mean() > plain.valid_scores[:, 1].mean()


def test_balancing_a_number_is_refused():
    data = numbers_dataset(20, regression=True)
    with pytest.raises(ConfigError, match="balance is 'class_weights', but the target is a number"):
        train(
            None,
            data=data,
            target=number_target(data),
            balance="class_weights",
            setting=replace(SETTING, metric="rmse"),
        )


def test_l1_makes_weights_smaller():
    sizes = [
        sum(
            p.abs().sum().item()
            for p in train(regularisation=Regularisation(l1=l1), length=Length(epochs=20)).fitted.model.decayed()
        )
        for l1 in (0.0, 0.1)
    ]
    assert sizes[1] < 0.8 * sizes[0]


def test_scores_depend_on_no_companion():
    fitted = train(settings={"members": 3}).fitted
    together = fitted.scores(VALID)
    order = np.random.default_rng(0).permutation(len(VALID))
    np.testing.assert_allclose(fitted.scores(VALID.take(order)), together[order], atol=1e-7)
    alone = np.concatenate([fitted.scores(VALID.take(np.array([i]))) for i in range(5)])
    np.testing.assert_allclose(alone, together[:5], atol=1e-7)


def test_evaluating_leaves_the_model_alone():
    fitted = train(settings={"dropout": 0.5}).fitted
    before = {n: t.clone() for n, t in fitted.model.state_dict().items()}
    assert fitted.scores(VALID).tolist() == fitted.scores(VALID).tolist()
    assert all(torch.equal(before[n], t) for n, t in fitted.model.state_dict().items())
    assert not fitted.model.training


@pytest.mark.parametrize("tta", [False, True])
def test_a_restored_model_gives_equal_scores(tta):
    changes = {
        "augment": (AugmentStep(name="test_training_noise"),),
        "test_time_augmentation": tta,
        "regularisation": Regularisation(ema=0.9),
    }
    training = train(**changes)
    back = restore(recipe(**changes), TARGET, training.fitted.state())
    assert back.scores(VALID).tolist() == training.valid_scores.tolist() == training.fitted.scores(VALID).tolist()


def test_flat_counters_from_a_file_are_taken_back():
    training = train()
    state = training.fitted.state()
    flat = replace(state, arrays={n: np.ascontiguousarray(a) for n, a in state.arrays.items()})
    assert restore(recipe(), TARGET, flat).scores(VALID).tolist() == training.valid_scores.tolist()


def test_test_time_augmentation_is_the_mean_over_the_views():
    changes = {"augment": (AugmentStep(name="test_training_noise"),)}
    plain, averaged = train(**changes), train(test_time_augmentation=True, **changes)
    negative = replace(VALID, columns={n: replace(c, values=-c.values) for n, c in VALID.columns.items()})
    expected = (plain.valid_scores + plain.fitted.scores(negative)) / 2
    np.testing.assert_allclose(averaged.valid_scores, expected, atol=1e-12)
    assert averaged.train_score == plain.train_score  # views do not flatter the training score


def test_early_stopping_ends_early_and_keeps_the_best():
    training = train(
        regularisation=Regularisation(early_stopping=2),
        length=Length(epochs=100),
        optimiser=Optimiser(lr=0.05),
        schedule=Schedule(name="constant"),
    )
    assert training.epochs < 100
    seen = [p.valid_score for p in training.curve]
    assert seen[-1] == max(seen)
    accuracy = (training.valid_scores.argmax(axis=1) == TARGET.encode(VALID.target)).mean()
    assert accuracy == pytest.approx(seen[-1])


def test_early_stopping_without_validation_examples_is_off_and_says_so():
    training = train(None, regularisation=Regularisation(early_stopping=1))
    assert training.epochs == 3.0
    assert training.notes == ("early stopping was off: there were no validation examples",)


def test_a_plateau_lowers_the_rate():
    training = train(
        schedule=Schedule(name="plateau", patience=1, warmup=0.0), optimiser=Optimiser(lr=0.3), length=Length(epochs=30)
    )
    rates = [p.lr for p in training.curve]
    assert rates[0] == pytest.approx(0.3)
    assert rates[-1] < 0.3 / 4
    assert all(b <= a for a, b in itertools.pairwise(rates))


def test_evaluation_during_training_uses_the_averaged_weights():
    training = train(regularisation=Regularisation(ema=0.99), length=Length(epochs=6))
    accuracy = (training.valid_scores.argmax(axis=1) == TARGET.encode(VALID.target)).mean()
    assert training.curve[-1].valid_score == pytest.approx(accuracy)


@pytest.mark.parametrize("tick", [1e-3, 4e-3])
def test_seconds_are_not_overrun(tick):
    clock = StandingClock(tick)
    training = fit_network(
        recipe(length=Length(seconds=3.0, epochs=None)), TARGET, TRAIN, VALID, setting=SETTING, now=clock
    )
    assert 0.85 * 3.0 < training.seconds <= 1.05 * 3.0
    assert training.curve[-1].lr < 0.1 * recipe().optimiser.lr  # the schedule was stretched over the time


def test_epochs_end_a_training_that_has_seconds_left():
    training = train(length=Length(seconds=60.0, epochs=2))
    assert training.epochs == 2.0


def test_a_single_divergence_is_survived_at_a_quarter_of_the_rate():
    training = train(settings={"trap": "once"}, length=Length(epochs=20), schedule=Schedule(name="constant"))
    assert training.retried
    assert training.steps == 100
    assert training.curve[-1].lr == pytest.approx(1e-3 / 4)
    assert "diverged once" in training.notes[0]
    assert np.isfinite(training.valid_scores).all()
    assert all(math.isfinite(p.train_loss) for p in training.curve)


def test_a_second_divergence_is_a_failure_with_its_cause():
    with pytest.raises(TrainingFailedError, match=r"Lower optimiser\.lr") as caught:
        train(settings={"trap": "always"}, length=Length(epochs=20))
    assert caught.value.cause.startswith("diverged: loss or weights became NaN or infinite near step")


def test_nan_in_the_inputs_is_named_at_once():
    values = TRAIN.columns["x03"].values.copy()
    values[7] = np.nan
    broken = replace(TRAIN, columns={**TRAIN.columns, "x03": replace(TRAIN.columns["x03"], values=values)})
    with pytest.raises(TrainingFailedError) as caught:
        train(data=broken, length=Length(epochs=20))
    assert caught.value.cause.startswith("the inputs hold NaN or infinity: part 'numbers'")


@pytest.mark.parametrize(("trap", "cause"), [("memory", "out of memory: "), ("crash", "crashed: TypeError: planted")])
def test_failures_have_a_cause_for_the_ledger(trap, cause):
    with pytest.raises(TrainingFailedError) as caught:
        train(settings={"trap": trap})
    assert caught.value.cause.startswith(cause)


def test_an_unknown_architecture_is_named_with_the_nearest():
    with pytest.raises(ConfigError, match="Did you mean 'test_training_net'"):
        train(architecture="test_traning_net")


def test_progress_is_reported():
    seen = []
    train(setting=replace(SETTING, on_progress=seen.append), length=Length(epochs=100))
    assert all(0 < p.fraction <= 1 and math.isfinite(p.train_loss) for p in seen)
    assert [p.fraction for p in seen] == sorted(p.fraction for p in seen)
