"""The time that was granted holds for slow models too, and what is most valuable is found within it."""

from __future__ import annotations

import itertools
import math
import time

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, IterableDataset, TensorDataset

from whet.diagnosis.api import diagnose, diagnose_setup
from whet.diagnosis.case import Case
from whet.diagnosis.ordinary_loop import ENDLESS, train_stretch
from whet.diagnosis.probes.alarm import Alarm, limited
from whet.diagnosis.probes.batches import batches
from whet.diagnosis.probes.ground import ground
from whet.diagnosis.probes.pace import affordable, light, pass_seconds
from whet.diagnosis.setup import Setup
from whet.errors import CannotJudgeError


class Slow(nn.Module):
    """Takes its time in every forward pass, by the number of examples."""

    def __init__(self, seconds: float, *, ends_in_softmax: bool = False, by_example: bool = True) -> None:
        super().__init__()
        layers = [nn.Linear(6, 24), nn.ReLU(), nn.Linear(24, 3)] + [nn.Softmax(dim=1)] * ends_in_softmax
        self.net, self.seconds, self.by_example = nn.Sequential(*layers), seconds, by_example

    def forward(self, x):
        time.sleep(self.seconds * (len(x) if self.by_example else 1))
        return self.net(x)


def examples(num: int = 320, seed: int = 0):
    x = torch.randn(num, 6, generator=torch.Generator().manual_seed(seed))
    return x, (x @ torch.randn(6, 3, generator=torch.Generator().manual_seed(9))).argmax(dim=1)


def setup_of(model: nn.Module, *, size: int = 64, **parts) -> Setup:
    x, y = examples()
    loader = DataLoader(TensorDataset(x, y), size, shuffle=True)
    given = {
        "train": loader,
        "loss": nn.CrossEntropyLoss(),
        "optimizer": torch.optim.SGD(model.parameters(), lr=0.1),
        "forward": lambda model, batch: (model(batch[0]), batch[1]),
    }
    return Setup(model=model, **(given | parts))


@pytest.fixture(scope="module", autouse=True)
def _imported():
    model = nn.Linear(6, 3)
    diagnose_setup(setup_of(model), budget_s=0.2, prove=False)  # imports are no part of what is measured


@pytest.mark.parametrize("by_example", [True, False])
def test_a_slow_model_is_diagnosed_within_the_budget(by_example):
    # a pass takes up to a tenth of the time, and all of it is long enough for a busy machine, whose own share grows
    model = Slow(0.003 if by_example else 0.075, ends_in_softmax=True, by_example=by_example)
    began = time.monotonic()
    report = diagnose_setup(setup_of(model, valid=[examples(64, seed=1)]), budget_s=10.0)
    assert time.monotonic() - began < 11.0 + 0.5  # half a second for a machine that does other things as well
    assert report.verdict is not None
    assert report.verdict.root.symptom == "double_softmax"


def test_an_alarm_ends_what_copies_do_and_never_the_users_model():
    model = nn.Linear(6, 3)
    alarm = Alarm(until=0.0)
    setup = setup_of(model, guard=alarm)
    with pytest.raises(CannotJudgeError, match="time was used up"):
        setup.copy().copy().model(torch.zeros(1, 6))
    assert model(torch.zeros(1, 6)).shape == (1, 3)
    assert not model._forward_pre_hooks
    alarm.until = math.inf
    twice = setup.copy().copy().model
    assert len(twice._forward_pre_hooks) == 1
    assert twice(torch.zeros(1, 6)).shape == (1, 3)


def test_one_rule_may_take_its_share_only():
    alarm = Alarm()
    case = Case(setup=setup_of(nn.Linear(6, 3), guard=alarm), until=time.monotonic() + 100)
    with limited(case, 0.3):
        assert alarm.until - time.monotonic() == pytest.approx(30, abs=1)
    assert alarm.until == math.inf


def test_repetitions_are_counted_by_what_a_pass_takes():
    slow = Case(setup=setup_of(Slow(0.03, by_example=False)), until=time.monotonic() + 3)
    assert slow.ask(pass_seconds) == pytest.approx(0.03, abs=0.02)
    assert 3 <= affordable(slow, most=100, fewest=1, share=0.1) <= 12
    with pytest.raises(CannotJudgeError, match="a forward pass takes"):
        affordable(slow, most=1000, fewest=500, share=0.1)
    assert affordable(Case(setup=setup_of(nn.Linear(6, 3)), until=0.0), most=100, fewest=5, share=0.1) == 100


def test_slow_models_get_fewer_examples_and_quick_ones_all():
    slow, quick = Case(setup=setup_of(Slow(0.001))), Case(setup=setup_of(nn.Linear(6, 3)))
    assert len(slow.ask(light)[0][0]) < 20
    assert quick.ask(light)[0] is quick.ask(batches).first[0]


def test_trials_of_a_slow_model_train_on_smaller_batches_at_lower_rates():
    setup = setup_of(Slow(0.0015))
    base = Case(setup=setup, until=time.monotonic() + 6).ask(ground)
    assert base.shrunk > 1
    assert base.is_slow
    assert len(base.setup.train[0][0]) == 64 // base.shrunk
    assert base.setup.optimizer.param_groups[0]["lr"] == pytest.approx(0.1 / base.shrunk**0.5)
    assert setup.optimizer.param_groups[0]["lr"] == 0.1


def test_a_slow_loader_is_not_read_to_its_64th_batch():
    class Lazily:
        def __iter__(self):
            for _ in range(100):
                time.sleep(0.05)
                yield examples(8)

    began = time.monotonic()
    given = Case(setup=setup_of(nn.Linear(6, 3), train=Lazily()), until=began + 3).ask(batches)
    assert 2 <= len(given.first) <= 10
    assert not given.is_whole
    assert time.monotonic() - began < 1.2


class Forever(IterableDataset):
    def __iter__(self):
        return itertools.cycle(zip(*examples(40)))


def test_a_loader_without_an_end_is_ended_by_steps_where_no_clock_ends_it():
    setup = setup_of(nn.Linear(6, 3), train=DataLoader(Forever(), 8))
    stretch = train_stretch(setup, epochs=1)
    assert len(stretch.losses) == ENDLESS
    assert stretch.ended_by_clock


def test_a_loader_that_is_empty_when_read_again_ends_the_training():
    once = iter([examples(8)] * 3)
    stretch = train_stretch(setup_of(nn.Linear(6, 3), train=once), epochs=5)
    assert len(stretch.losses) == 3
    assert stretch.steps_per_epoch == 3
    assert stretch.epochs == 1


def test_no_step_begins_that_would_end_too_late():
    setup, began = setup_of(Slow(0.1, by_example=False)), time.monotonic()
    train_stretch(setup, until=began + 0.45)
    assert time.monotonic() - began < 0.5


@pytest.mark.parametrize("optimizer", ["LBFGS", "own"])
def test_optimisers_that_take_a_closure_train_copies(optimizer):
    class Own(torch.optim.SGD):
        def step(self, closure):
            loss = closure()
            super().step()
            return loss

    model = nn.Linear(6, 3)
    before = model.weight.detach().clone()
    made = torch.optim.LBFGS(model.parameters(), lr=0.1) if optimizer == "LBFGS" else Own(model.parameters(), lr=0.5)
    copy = setup_of(model, optimizer=made, size=320).copy()
    losses = train_stretch(copy, steps=5).losses
    assert len(losses) == 5
    assert losses[-1] < losses[0]
    assert torch.equal(model.weight, before)
    assert not torch.equal(copy.model.weight, before)


@pytest.mark.parametrize("kind", ["bfloat16", "one example each"])
def test_unusual_numbers_make_no_rule_fail(kind):
    x, y = examples(96)
    model = nn.Linear(6, 3)
    if kind == "bfloat16":
        model, data = model.bfloat16(), [(x[i : i + 32].bfloat16(), y[i : i + 32]) for i in (0, 32, 64)]
    else:
        data = [(x[i], y[i]) for i in range(60)]
    report = diagnose(model, data, loss=nn.CrossEntropyLoss(), budget=2.0, prove=False)
    assert not [why for why in report.not_judged.values() if "failed" in why]


def test_a_last_batch_of_one_example_is_said_with_what_to_do():
    x, y = examples(65)
    model = nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.Linear(8, 3))
    report = diagnose(model, DataLoader(TensorDataset(x, y), 32), loss=nn.CrossEntropyLoss(), budget=2.0, prove=False)
    assert "drop_last=True" in report.not_judged["training"]


def test_inputs_of_a_model_with_an_output_object_count_as_used():
    class Out:
        def __init__(self, logits):
            self.logits = logits

    class Wrapped(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = nn.Linear(6, 3)

        def forward(self, x):
            return Out(self.net(x))

    x, y = examples(96)
    report = diagnose(Wrapped(), [(x, y)] * 3, loss=nn.CrossEntropyLoss(), budget=2.0, prove=False)
    assert "input_unused" not in [f.symptom for f in report.findings]
