import pytest
import torch
from during_scripts import build, case_of, examples, findings, loader, watched_loop
from torch.nn import functional as F
from torch.optim import SGD, Adam
from torch.optim import lr_scheduler as ls

from whet.diagnosis.case import Case

NAME = "scheduler_misused"


def case(make, every, *, epochs=10):
    """Twelve steps in an epoch."""
    model = build("bag")
    optimizer = Adam(model.parameters(), lr=3e-3)
    scheduler = make(optimizer)
    return case_of(model, optimizer, examples("bag"), scheduler=scheduler, schedule_every=every, epochs=epochs)


@pytest.mark.parametrize(
    "make",
    [
        lambda o: ls.ExponentialLR(o, 0.5),
        lambda o: ls.StepLR(o, 10, gamma=0.1),
        lambda o: ls.CosineAnnealingLR(o, T_max=3),
        lambda o: ls.MultiStepLR(o, [3, 6, 9], gamma=0.05),
    ],
)
def test_a_schedule_in_epochs_that_is_stepped_per_batch_is_found(make):
    (found,) = findings(case(make, "step"), NAME)
    assert found.severity >= 0.6
    assert "epoch" in found.advice


def test_a_one_cycle_schedule_stepped_per_epoch_is_found():
    (found,) = findings(case(lambda o: ls.OneCycleLR(o, max_lr=0.01, total_steps=120), "epoch"), NAME)
    assert found.evidence["value"] < 0.2


@pytest.mark.parametrize(
    ("make", "every"),
    [
        (lambda o: ls.CosineAnnealingLR(o, T_max=10), "epoch"),
        (lambda o: ls.CosineAnnealingLR(o, T_max=120), "step"),
        (lambda o: ls.OneCycleLR(o, max_lr=0.01, total_steps=120), "step"),
        (lambda o: ls.StepLR(o, 3, gamma=0.3), "epoch"),
        (lambda o: ls.CosineAnnealingWarmRestarts(o, T_0=2), "epoch"),
        (lambda o: ls.LinearLR(o, start_factor=1e-4, total_iters=30), "step"),
        (lambda o: ls.ExponentialLR(o, 0.95), "epoch"),
        (lambda o: ls.ReduceLROnPlateau(o), "epoch"),
        (lambda o: ls.CyclicLR(o, base_lr=1e-5, max_lr=1e-2, step_size_up=4), "step"),
    ],
)
def test_schedules_as_they_are_meant_are_silent(make, every):
    assert not findings(case(make, every), NAME)


@pytest.mark.parametrize("steps_it", [True, False])
def test_a_scheduler_that_is_never_stepped_is_found_in_a_watched_loop(steps_it):
    model = build("bag")
    optimizer = SGD(model.parameters(), lr=0.1)
    scheduler = ls.StepLR(optimizer, 2)

    def begin(epoch):
        if steps_it and epoch:
            scheduler.step()

    def step(number, batch):
        optimizer.zero_grad()
        F.cross_entropy(model(batch[0]), batch[1]).backward()
        optimizer.step()

    watched = watched_loop(model, optimizer, loader(*examples("bag")), step, epochs=4, scheduler=scheduler, begin=begin)
    assert bool(findings(watched, NAME)) != steps_it


def linear(length):
    return lambda o: ls.LambdaLR(o, lambda k: min(1.0, (k + 1) / length))


def to_cosine(warm, whole):
    def make(o):
        parts = [ls.LinearLR(o, 1e-4, total_iters=warm), ls.CosineAnnealingLR(o, whole - warm)]
        return ls.SequentialLR(o, parts, milestones=[warm])

    return make


def late(kind, make, every, *, epochs=6, optimizer=None):
    """Twelve steps in an epoch, with validation examples."""
    model = build(kind)
    optimizer = (optimizer or (lambda p: SGD(p, lr=0.1, momentum=0.9)))(model.parameters())
    valid = loader(*examples(kind, seed=1), shuffle=False)
    train = examples(kind)
    return case_of(model, optimizer, train, scheduler=make(optimizer), schedule_every=every, epochs=epochs, valid=valid)


@pytest.mark.parametrize(
    ("kind", "make", "every"),
    [
        ("mlp", linear(10_000), "step"),
        ("cnn", lambda o: ls.LinearLR(o, start_factor=1e-4, total_iters=4000), "step"),
        ("lstm", linear(200), "epoch"),
        ("mlp", to_cosine(3000, 30_000), "step"),
    ],
)
def test_a_warm_up_that_never_ends_is_found_with_what_it_costs(kind, make, every):
    (found,) = findings(late(kind, make, every), NAME)
    assert found.severity >= 0.6
    assert found.evidence["value"] < found.evidence["threshold"] == 0.2
    assert "warm-up" in found.statement
    assert found.cures == ("constant_rate",)


@pytest.mark.parametrize(
    ("make", "every"),
    [
        (linear(30), "step"),
        (linear(3), "epoch"),
        (to_cosine(20, 72), "step"),
        (lambda o: ls.LambdaLR(o, lambda k: 0.3 * min((k + 1) ** -0.5, (k + 1) * 20**-1.5)), "step"),
        (lambda o: ls.ConstantLR(o, factor=0.1, total_iters=3), "epoch"),
        (lambda o: ls.LambdaLR(o, lambda k: 1.0), "epoch"),
    ],
)
def test_warm_ups_that_end_are_silent(make, every):
    assert not findings(late("mlp", make, every), NAME)


def test_a_long_warm_up_that_costs_nothing_is_no_more_than_slight():
    case = late("bag", linear(400), "step", optimizer=lambda p: SGD(p, lr=30.0))
    assert all(f.level == "slight" for f in findings(case, NAME))


def test_without_a_number_of_epochs_nothing_is_said_of_a_warm_up():
    assert not findings(late("mlp", linear(10_000), "step", epochs=None), NAME)


def plateau(*, mode, given, epochs=12, lr=0.02, patience=0, noise=0.0):
    """A watched loop with the parts beside it, whose scheduler is handed ``given(model, loss)``."""
    model = build("mlp")
    optimizer = SGD(model.parameters(), lr=lr, momentum=0.9)
    scheduler = ls.ReduceLROnPlateau(optimizer, mode, factor=0.1, patience=patience)
    data, valid = examples("mlp", noise=noise), loader(*examples("mlp", seed=1), shuffle=False)
    case = case_of(model, optimizer, data, scheduler=scheduler, epochs=epochs, valid=valid)
    case = Case(setup=case.setup.copy(), until=case.until)
    losses = []

    def step(number, batch):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(batch[0]), batch[1])
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))

    def begin(epoch):
        if epoch:
            scheduler.step(given(model, losses[-12:], data))

    watched = watched_loop(model, optimizer, loader(*data), step, epochs=epochs, scheduler=scheduler, begin=begin)
    return Case(setup=case.setup, trace=watched.trace, until=case.until)


def accuracy(model, losses, data):
    with torch.no_grad():
        return (model(data[0]).argmax(dim=1) == data[1]).float().mean()


def loss(model, losses, data):
    return sum(losses) / len(losses)


@pytest.mark.parametrize(("mode", "given"), [("min", accuracy), ("max", loss)])
def test_a_plateau_that_reads_the_score_the_wrong_way_round_is_found(mode, given):
    (found,) = findings(plateau(mode=mode, given=given), NAME)
    assert found.severity >= 0.6
    assert f'mode="{"max" if mode == "min" else "min"}"' in found.advice


@pytest.mark.parametrize(("mode", "given"), [("max", accuracy), ("min", loss)])
def test_a_plateau_that_reads_it_the_right_way_is_silent(mode, given):
    assert not findings(plateau(mode=mode, given=given, patience=2), NAME)


def test_a_rate_that_is_cut_at_a_real_optimum_is_silent():
    case = plateau(mode="min", given=lambda *seen: round(loss(*seen), 2), epochs=60, lr=0.05, patience=1)
    assert case.trace.steps[-1].rates[0] < 0.002
    assert not findings(case, NAME)
