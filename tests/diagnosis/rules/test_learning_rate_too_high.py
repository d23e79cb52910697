from types import SimpleNamespace

import pytest
import torch
from during_scripts import build, case_of, examples, findings, ordinary, watched_loop
from torch.nn import functional as F
from torch.optim import SGD, Adam

from whet.diagnosis.case import Case
from whet.diagnosis.probes.leaps import leaps
from whet.diagnosis.probes.whole_trial import WholeTrial
from whet.diagnosis.rule import rules
from whet.rng import make_generator
from whet.watching.trace import Step, Trace

NAME = "learning_rate_too_high"


@pytest.mark.parametrize(
    ("kind", "optimizer"),
    [
        ("mlp", lambda p: Adam(p, lr=1.0)),
        ("mlp", lambda p: SGD(p, lr=100.0)),
        ("cnn", lambda p: SGD(p, lr=100.0)),
        ("bag", lambda p: SGD(p, lr=1000.0)),
    ],
)
def test_a_rate_that_blows_up_is_found_with_a_better_one(kind, optimizer):
    (found,) = findings(ordinary(kind, optimizer=optimizer, epochs=4), NAME)
    assert found.severity >= 0.7
    assert found.evidence["better_rate"] < 0.2 * found.evidence["rate"]
    assert found.evidence["loss_at_better_rate"] < found.evidence["loss_at_rate"]
    assert f"{found.evidence['better_rate']:.2g}" in found.advice
    assert found.cures[0] == "lower_rate"


@pytest.mark.parametrize(
    ("kind", "optimizer"),
    [
        ("transformer", lambda p: Adam(p, lr=0.05)),
        ("cnn", lambda p: SGD(p, lr=10.0, momentum=0.9)),
    ],
)
def test_severity_follows_the_share_lost_of_what_could_be_learnt(kind, optimizer):
    (found,) = findings(ordinary(kind, optimizer=optimizer, noise=0.05, epochs=6), NAME)
    share = found.evidence["share_lost"]
    assert 0.1 < share <= 1
    assert found.severity >= min(0.95, 0.35 + 0.6 * share) - 1e-9
    assert found.severity >= 0.7 or share < 0.6


@pytest.mark.parametrize(("kind", "lr"), [("transformer", 3e-3), ("lstm", 1e-2), ("cnn", 1e-2)])
def test_usual_rates_of_other_networks_are_silent_in_a_long_trial_too(kind, lr):
    assert not findings(ordinary(kind, lr=lr, noise=0.1, epochs=4), NAME)


@pytest.mark.parametrize(("kind", "noise"), [("mlp", 1.0), ("mlp", 0.3), ("cnn", 0.0), ("bag", 0.3)])
def test_a_sound_rate_is_silent_also_on_labels_that_are_noise(kind, noise):
    assert not findings(ordinary(kind, noise=noise, epochs=3), NAME)


def test_large_targets_with_a_rate_to_match_are_silent():
    g = make_generator(0, "targets")
    x = torch.randn(192, 8, generator=g)
    y = 1000 * (x[:, :3] + 3)
    model = build("mlp")
    assert not findings(case_of(model, Adam(model.parameters(), lr=0.03), (x, y), loss=F.mse_loss), NAME)


def test_single_examples_in_a_batch_are_silent():
    case = ordinary("mlp", optimizer=lambda p: SGD(p, lr=0.01), batch_size=1, epochs=1)
    assert not findings(case, NAME)


def plain(model, optimizer):
    def step(number, batch):
        optimizer.zero_grad()
        F.cross_entropy(model(batch[0]), batch[1]).backward()
        optimizer.step()

    return step


@pytest.mark.parametrize(("lr", "is_found"), [(30.0, True), (0.05, False)])
def test_a_watched_loop_alone_shows_the_climb(lr, is_found):
    from during_scripts import loader

    model = build("lstm")
    optimizer = SGD(model.parameters(), lr=lr)
    case = watched_loop(model, optimizer, loader(*examples("lstm")), plain(model, optimizer), epochs=3)
    assert bool(findings(case, NAME)) == is_found


def made(kind, optimizer, losses, *, gradients=None):
    """A case of a recurrent or dense network whose watched steps had these losses and gradients."""
    gradients = [1.0] * len(losses) if gradients is None else gradients
    steps = [
        Step(index=i, seconds=0.01 * i, loss=loss, gradient=gradient, rates=(1.0,))
        for i, (loss, gradient) in enumerate(zip(losses, gradients))
    ]
    case = ordinary(kind, optimizer=optimizer, epochs=4)
    return Case(setup=case.setup, trace=Trace(steps=tuple(steps)), until=case.until)


@pytest.mark.parametrize(
    ("kind", "leap", "first"),
    [("lstm", 50.0, "clip_gradients"), ("lstm", 1.0, "lower_rate"), ("mlp", 50.0, "lower_rate")],
)
def test_a_recurrent_network_that_breaks_by_leaps_is_to_be_clipped_first(kind, leap, first):
    losses, gradients = [1.0] * 30 + [40.0] * 30, [1.0] * 30 + [leap] + [1.0] * 29
    (found,) = findings(made(kind, lambda p: SGD(p, lr=1000.0), losses, gradients=gradients), NAME)
    assert found.cures[0] == first
    assert set(found.cures) == {"lower_rate", "clip_gradients", "standardise_inputs"}


def test_leaps_of_the_gradient_that_the_loss_does_not_follow_are_none():
    falling = [1.0 / (1 + 0.1 * i) for i in range(60)]
    steps = tuple(
        Step(index=i, seconds=0.1 * i, loss=x, gradient=100.0 if i == 30 else 1.0) for i, x in enumerate(falling)
    )
    assert not leaps(Trace(steps=steps))


@pytest.mark.parametrize(
    ("lost", "lower", "gain", "valid", "is_found"),
    [
        (0.4, 0.3, 0.06, 0.05, True),
        (0.05, 0.3, 0.06, 0.05, False),  # a short leap at the beginning
        (0.4, 0.95, 0.06, 0.05, False),  # a lower rate does not learn sooner
        (0.4, 0.3, -0.05, -0.05, False),  # it ends worse: the rate was worth its beginning
        (0.4, 0.3, 0.06, -0.05, False),  # learnt by heart
    ],
)
def test_steps_lost_above_a_constant_answer_count_where_a_lower_rate_learns(lost, lower, gain, valid, is_found):
    num = 100
    losses = [3.0] * int(lost * num) + [0.5] * (num - int(lost * num))
    case = made("mlp", lambda p: SGD(p, lr=0.1), losses)
    longer = WholeTrial(before=0.5, after=0.5 - 1.1 * gain, noise=0.01, valid_gain=valid, reference=1.1, steps=num)
    trials = {1.0: SimpleNamespace(loss=1.0), 0.1: SimpleNamespace(loss=lower)}
    sweep = SimpleNamespace(trials=trials, reference=1.1, level=lambda factor: 1.0, noise=lambda factor: 0.01)
    assert rules[NAME]._lost_steps(case, sweep, longer) == is_found
