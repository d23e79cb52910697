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
