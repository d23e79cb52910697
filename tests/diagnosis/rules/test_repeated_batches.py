"""One batch, or a few, at every step are found; epochs, reuse of a batch on purpose and full batches are healthy."""

import time

import pytest
import torch
from during_scripts import build, examples, findings, forward, loader
from torch.nn import functional as F
from torch.optim import Adam
from torch.utils.data import DataLoader, TensorDataset

import whet
from whet.diagnosis.case import Case
from whet.diagnosis.setup import Setup
from whet.rng import drawing_globally

NAME = "repeated_batches"
STEPS = 60


def case(kind, batches_of, *, train=None, passes=1):
    """A watched loop of steps on what ``batches_of(loader)`` yields."""
    model = build(kind)
    optimizer = Adam(model.parameters(), lr=1e-3)
    train = loader(*examples(kind), shuffle=False) if train is None else train
    with drawing_globally(0, "loop"), whet.watch(model, optimizer) as w:
        for _, batch in zip(range(STEPS), batches_of(train)):
            for _ in range(passes):
                optimizer.zero_grad()
                F.cross_entropy(*forward(model, batch)).backward()
                optimizer.step()
    setup = Setup(model=model, train=train, loss=F.cross_entropy, optimizer=optimizer, forward=forward)
    return Case(setup=setup, trace=w.trace, until=time.monotonic() + 30)


def epochs(train):
    while True:
        yield from train


def always_first(train):
    while True:
        yield next(iter(train))


def first_three(train):
    while True:
        yield from (b for _, b in zip(range(3), train))


@pytest.mark.parametrize("kind", ["mlp", "cnn", "lstm", "bag"])
def test_the_first_batch_at_every_step_is_found(kind):
    (found,) = findings(case(kind, always_first), NAME)
    assert found.level == "severe"
    assert found.evidence["value"] == 1
    assert found.evidence["given"] == 12
    assert not findings(case(kind, epochs), NAME)


def test_an_epoch_that_is_broken_off_is_found():
    (found,) = findings(case("mlp", first_three), NAME)
    assert found.evidence["value"] == 3
    assert found.level in ("moderate", "severe")


def test_first_batches_of_a_shuffled_loader_are_all_different():
    assert not findings(case("mlp", always_first, train=loader(*examples("mlp"))), NAME)


@pytest.mark.parametrize("passes", [2, 10])
def test_several_steps_on_a_batch_before_the_next_are_healthy(passes):
    train = loader(*examples("mlp", 960), shuffle=False)
    assert not findings(case("mlp", epochs, train=train, passes=passes), NAME)


def test_a_loader_of_one_batch_is_healthy():
    x, y = examples("mlp", 64)
    assert not findings(case("mlp", epochs, train=loader(x, y, batch_size=64)), NAME)


def test_a_benchmark_whose_batches_are_all_alike_is_healthy():
    x, y = examples("mlp", 16)
    train = DataLoader(TensorDataset(x.repeat(6, 1), y.repeat(6)), 16)
    assert not findings(case("mlp", always_first, train=train), NAME)


def test_loaders_of_two_batches_are_healthy():
    x, y = examples("mlp", 64)
    assert not findings(case("mlp", epochs, train=loader(x, y, batch_size=32, shuffle=False)), NAME)


def test_accumulated_batches_are_healthy():
    model = build("mlp")
    optimizer = Adam(model.parameters(), lr=1e-3)
    train = loader(*examples("mlp"), shuffle=False)
    with drawing_globally(0, "loop"), whet.watch(model, optimizer) as w:
        for number, batch in zip(range(200), epochs(train)):
            (F.cross_entropy(*forward(model, batch)) / 4).backward()
            if number % 4 == 3:
                optimizer.step()
                optimizer.zero_grad()
    setup = Setup(model=model, train=train, loss=F.cross_entropy, optimizer=optimizer, forward=forward)
    assert not findings(Case(setup=setup, trace=w.trace, until=time.monotonic() + 30), NAME)


def test_without_parts_nothing_is_said():
    made = case("mlp", always_first)
    assert not findings(Case(trace=made.trace), NAME)
    assert {s.batch for s in made.trace.looked_at} == {made.trace.looked_at[0].batch}
    assert torch.is_tensor(next(iter(made.setup.train))[0])
