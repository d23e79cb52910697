import itertools

import pytest
import torch
from during_scripts import case_of, findings, loader, ordinary
from torch import nn
from torch.nn import functional as F
from torch.optim import SGD, Adam, AdamW

from whet.diagnosis.rule import rules
from whet.diagnosis.verdict import join
from whet.rng import drawing_globally, make_generator

NAME = "weight_decay_too_strong"


@pytest.mark.parametrize(
    ("kind", "optimizer"),
    [
        ("mlp", lambda p: Adam(p, lr=3e-3, weight_decay=1.0)),
        ("bag", lambda p: SGD(p, lr=0.5, weight_decay=0.5)),
        ("lstm", lambda p: AdamW(p, lr=3e-3, weight_decay=100)),
    ],
)
def test_decay_that_keeps_weights_at_zero_is_found(kind, optimizer):
    (found,) = findings(ordinary(kind, optimizer=optimizer, epochs=4), NAME)
    assert found.severity >= 0.7
    assert found.evidence["value"] > found.evidence["threshold"]
    assert found.cures == ("weaken_weight_decay",)


@pytest.mark.parametrize(
    ("kind", "optimizer"),
    [
        ("mlp", lambda p: AdamW(p, lr=3e-3, weight_decay=0.1)),
        ("bag", lambda p: SGD(p, lr=0.5, weight_decay=1e-3)),
        ("cnn", lambda p: Adam(p, lr=3e-3, weight_decay=5e-3)),
    ],
)
def test_decay_as_people_use_it_is_silent(kind, optimizer):
    assert not findings(ordinary(kind, optimizer=optimizer, noise=0.3, epochs=4), NAME)


def numbers(kind, optimizer, *, n=256, noise=0.05, epochs=12):
    """Numbers to predict, with validation examples."""
    g = make_generator(0, "numbers", str(n))
    x = torch.randn(2 * n, 6, generator=g)
    y = (x[:, :1] + x[:, 1:2] * x[:, 2:3]) / 2 + noise * torch.randn(2 * n, 1, generator=g)
    with drawing_globally(0, "net"):
        sizes = (6, 32, 32, 1) if kind == "deep" else (6, 64, 1)
        parts = [m for a, b in itertools.pairwise(sizes) for m in (nn.Linear(a, b), nn.Tanh())][:-1]
        model = nn.Sequential(*parts)
    valid = loader(x[n:], y[n:], batch_size=64, shuffle=False)
    made = optimizer(model.parameters())
    return case_of(model, made, (x[:n], y[:n]), loss=F.mse_loss, valid=valid, epochs=epochs)


@pytest.mark.parametrize(
    ("kind", "optimizer"),
    [
        ("deep", lambda p: SGD(p, lr=0.1, momentum=0.9, weight_decay=0.03)),
        ("flat", lambda p: Adam(p, lr=1e-2, weight_decay=0.05)),
    ],
)
def test_decay_that_keeps_most_of_a_small_error_is_found(kind, optimizer):
    (found,) = findings(numbers(kind, optimizer), NAME)
    assert 0.5 <= found.severity <= 0.95


@pytest.mark.parametrize(
    ("optimizer", "noise"),
    [
        (lambda p: SGD(p, lr=0.1, momentum=0.9, weight_decay=2e-3), 0.5),
        (lambda p: Adam(p, lr=1e-2, weight_decay=1e-2), 1.0),
        (lambda p: AdamW(p, lr=1e-2, weight_decay=0.3), 0.5),
    ],
)
@pytest.mark.parametrize("kind", ["deep", "flat"])
def test_decay_that_does_its_work_on_noisy_numbers_is_silent(kind, optimizer, noise):
    assert not findings(numbers(kind, optimizer, n=64, noise=noise, epochs=40), NAME)


def test_the_decay_is_the_root_where_a_lower_rate_helps_too():
    case = ordinary("cnn", optimizer=lambda p: SGD(p, lr=0.05, momentum=0.9, weight_decay=0.5), epochs=5)
    found = [f for n in (NAME, "learning_rate_too_high", "momentum_too_high", "exploding") for f in findings(case, n)]
    first, *_ = join(found, {n: rules[n].explains for n in rules})
    assert first.root.symptom == NAME
