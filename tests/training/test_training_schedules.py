from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from whet.recipe import Schedule
from whet.training.schedules import rate

STEPS = 40


def torch_rates(build):
    optimiser = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler = build(optimiser)
    found = []
    for _ in range(STEPS):
        found.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        scheduler.step()
    return found


def test_one_cycle_equals_pytorchs():
    theirs = torch_rates(lambda o: torch.optim.lr_scheduler.OneCycleLR(o, 1.0, total_steps=STEPS + 1, pct_start=0.3))
    # theirs puts the peak at step pct_start * total - 1 and the end at the last step
    peak = 0.3 * (STEPS + 1) - 1
    ours = []
    for step in range(STEPS):
        share = 0.3 * step / peak if step < peak else 0.3 + 0.7 * (step - peak) / (STEPS - peak)
        ours.append(rate(Schedule(name="one_cycle", warmup=0.3), share))
    assert ours == pytest.approx(theirs, abs=1e-9)


def test_cosine_without_warmup_equals_pytorchs():
    theirs = torch_rates(lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, STEPS))
    assert [rate(Schedule(name="cosine", warmup=0.0), s / STEPS) for s in range(STEPS)] == pytest.approx(
        theirs, abs=1e-9
    )


def test_linear_without_warmup_equals_pytorchs():
    theirs = torch_rates(lambda o: torch.optim.lr_scheduler.LinearLR(o, 1.0, 0.0, total_iters=STEPS))
    assert [rate(Schedule(name="linear", warmup=0.0), s / STEPS) for s in range(STEPS)] == pytest.approx(
        theirs, abs=1e-9
    )


@pytest.mark.parametrize("name", ["constant", "cosine", "linear", "one_cycle", "plateau"])
@given(warmup=st.floats(0, 0.9), progress=st.floats(0, 1))
def test_the_rate_stays_between_zero_and_the_peak(name, warmup, progress):
    assert 0.0 <= rate(Schedule(name=name, warmup=warmup), progress) <= 1.0 + 1e-12


@pytest.mark.parametrize("name", ["constant", "cosine", "linear", "one_cycle", "plateau"])
def test_the_warmup_ends_at_the_peak(name):
    schedule = Schedule(name=name, warmup=0.25)
    assert rate(schedule, 0.25) == pytest.approx(1.0)
    assert rate(schedule, 0.1) < rate(schedule, 0.2) < 1.0


@pytest.mark.parametrize("name", ["cosine", "linear", "one_cycle"])
def test_the_end_is_almost_zero(name):
    assert rate(Schedule(name=name), 1.0) == pytest.approx(0.0, abs=1e-5)
