import pytest
import torch
from during_scripts import build, case_of, examples, findings, ordinary, watched_loop
from torch.nn import functional as F
from torch.optim import SGD, Adam

from whet.rng import make_generator

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
