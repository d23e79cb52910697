import pytest
from during_scripts import build, case_of, examples, findings, loader, watched_loop
from torch.nn import functional as F
from torch.optim import SGD, Adam
from torch.optim import lr_scheduler as ls

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
