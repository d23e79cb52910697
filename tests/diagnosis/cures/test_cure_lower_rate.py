import math

import pytest
import torch
from curing_scripts import Recurrent, blobs, cured, finding, mlp, script, state_of, trained_score, waves
from torch import nn


@pytest.mark.parametrize("lr", [30.0, 1000.0])
def test_an_mlp_whose_steps_overshoot_learns_after_short_trials_name_a_rate(lr):
    model = mlp()
    setup = script(model, blobs(), blobs(seed=1), optimizer=torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9))
    before, after = trained_score(setup), trained_score(cured("lower_rate", setup))
    assert after > 0.85
    assert math.isnan(before) or before < after - 0.3


def test_the_rate_that_the_finding_names_is_used_for_every_group_in_proportion():
    model = Recurrent()
    groups = [{"params": model.lstm.parameters(), "lr": 5.0}, {"params": model.head.parameters(), "lr": 10.0}]
    setup = script(model, waves(), optimizer=torch.optim.SGD(groups))
    found = finding("learning_rate_too_high", better_rate=0.05)
    assert [g["lr"] for g in cured("lower_rate", setup, found).optimizer.param_groups] == pytest.approx([0.05, 0.1])


@pytest.mark.parametrize("kind", ["one cycle", "cosine", "sequential"])
def test_schedules_keep_their_form(kind):
    model = mlp()
    optimizer = torch.optim.SGD(model.parameters(), lr=10.0)
    schedules = torch.optim.lr_scheduler
    scheduler = {
        "one cycle": lambda: schedules.OneCycleLR(optimizer, max_lr=10.0, total_steps=40),
        "cosine": lambda: schedules.CosineAnnealingLR(optimizer, T_max=40),
        "sequential": lambda: schedules.SequentialLR(
            optimizer,
            [schedules.LinearLR(optimizer, 0.1, total_iters=5), schedules.CosineAnnealingLR(optimizer, 35)],
            milestones=[5],
        ),
    }[kind]()
    setup = script(model, blobs(), blobs(seed=1), optimizer=optimizer, scheduler=scheduler)
    changed = cured("lower_rate", setup, finding("learning_rate_too_high", better_rate=0.1))
    plain, lower = setup.copy(), changed.copy()
    for _ in range(30):
        for each in (plain, lower):
            each.optimizer.step()
            each.scheduler.step()
        assert lower.optimizer.param_groups[0]["lr"] == pytest.approx(plain.optimizer.param_groups[0]["lr"] / 100)


def test_weights_that_already_are_nan_are_drawn_anew():
    model = mlp()
    setup = script(model, blobs(), blobs(seed=1), optimizer=torch.optim.SGD(model.parameters(), lr=1.0))
    with torch.no_grad():
        model[0].weight[0, 0] = float("nan")
    changed = cured("lower_rate", setup, finding("non_finite", better_rate=0.1))
    assert all(p.isfinite().all() for p in changed.model.parameters())
    assert torch.equal(changed.model[2].weight, model[2].weight)
    assert trained_score(changed) > 0.85


def test_buffers_of_a_normalisation_that_are_nan_are_reset():
    model = nn.Sequential(nn.BatchNorm1d(8), mlp())
    model[0].running_mean.fill_(float("nan"))
    setup = script(model, blobs())
    state = state_of(setup)
    changed = cured("lower_rate", setup, finding("non_finite", better_rate=1e-3))
    assert changed.model[0].running_mean.isfinite().all()
    assert state == state_of(setup)
