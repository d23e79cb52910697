"""What ordinary scripts hand over is opened as it is: batches of every usual form, models that make their own loss."""

from collections import namedtuple
from dataclasses import dataclass

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, IterableDataset, TensorDataset

from whet.diagnosis.case import Case
from whet.diagnosis.opening import open_setup
from whet.diagnosis.probes.goal import goal
from whet.diagnosis.probes.passes import first_pass

X, Y = torch.randn(8, 3, generator=torch.Generator().manual_seed(0)), torch.arange(8) % 2
CE = nn.CrossEntropyLoss()


class Two(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(6, 2)

    def forward(self, left, right):
        return self.layer(torch.cat([left, right], dim=1))


class Tuple(nn.Module):
    """Takes one tuple."""

    def __init__(self):
        super().__init__()
        self.layer = Two()

    def forward(self, both):
        return self.layer(*both)


@dataclass
class Output:
    loss: torch.Tensor | None
    logits: torch.Tensor


class Own(nn.Module):
    """Makes its own loss, as models of Hugging Face do."""

    def __init__(self, loss=nn.functional.cross_entropy, outputs=2):
        super().__init__()
        self.layer, self.loss = nn.Linear(3, outputs), loss

    def forward(self, inputs, labels=None):
        logits = self.layer(inputs)
        return Output(None if labels is None else self.loss(logits, labels), logits)


Pair = namedtuple("Pair", "x y")


@pytest.mark.parametrize(
    ("model", "batch"),
    [
        (nn.Linear(3, 2), (X, Y)),
        (nn.Linear(3, 2), [X, Y]),
        (nn.Linear(3, 2), Pair(X, Y)),
        (Two(), (X, X, Y)),
        (Two(), ((X, X), Y)),
        (Two(), ([X, X], Y)),
        (Tuple(), ((X, X), Y)),
        (Two(), {"left": X, "right": X, "labels": Y}),
        (Two(), {"left": X, "right": X, "target": Y}),
        (Two(), ({"left": X, "right": X}, Y)),
        (nn.Linear(3, 2), {"input": X, "y": Y}),
        (Own(), {"inputs": X, "labels": Y}),
    ],
)
def test_usual_batches_are_understood(model, batch):
    setup = open_setup(model, [batch], [batch], loss=CE)
    seen = Case(setup=setup).ask(first_pass)
    assert seen.outputs.shape == (8, 2)
    assert torch.equal(seen.targets, Y)
    if hasattr(setup.forward, "targets"):
        assert torch.equal(setup.forward.targets(batch), Y)


def test_a_forward_of_the_users_own_is_taken_as_it_is():
    setup = open_setup(Two(), [X], loss=CE, forward=lambda model, batch: (model(batch, batch), Y))
    assert Case(setup=setup).ask(first_pass).loss > 0


@pytest.mark.parametrize(
    ("model", "targets", "kind", "function"),
    [
        (Own(), Y, "classes", "cross_entropy"),
        (Own(lambda o, t: nn.functional.mse_loss(o.squeeze(1), t), 1), Y.float(), "numbers", "mse_loss"),
        (
            Own(nn.functional.binary_cross_entropy_with_logits),
            torch.stack([Y, 1 - Y], 1).float(),
            "binary",
            "binary_cross_entropy_with_logits",
        ),
    ],
)
def test_a_models_own_loss_is_recognised(model, targets, kind, function):
    setup = open_setup(model, [{"inputs": X, "labels": targets}], loss=None)
    assert (Case(setup=setup).ask(goal).kind, Case(setup=setup).ask(goal).function) == (kind, function)
    assert Case(setup=setup).ask(first_pass).loss.requires_grad


def test_an_unusual_loss_of_the_models_own_is_used():
    model = Own(lambda o, t: nn.functional.cross_entropy(o, t) + 3 * o.abs().mean())
    setup = open_setup(model, [{"inputs": X, "labels": Y}], loss=None)
    assert Case(setup=setup).ask(first_pass).loss > 0
    assert Case(setup=setup).ask(goal).kind == "unknown"


def test_without_an_optimizer_adam_stands_in_and_says_so():
    setup = open_setup(nn.Linear(3, 2), [(X, Y)], loss=CE)
    assert setup.optimizer_is_ours
    assert type(setup.optimizer) is torch.optim.Adam
    assert setup.optimizer.param_groups[0]["lr"] == 1e-3


def test_the_optimizer_of_a_scheduler_is_taken():
    model = nn.Linear(3, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 3)
    setup = open_setup(model, [(X, Y)], loss=CE, scheduler=scheduler)
    assert setup.optimizer is optimizer
    assert not setup.optimizer_is_ours


def test_settings_of_the_loop_are_kept():
    setup = open_setup(
        nn.Linear(3, 2), [(X, Y)], loss=CE, epochs=3, clip_norm=1.0, accumulate=2, schedule_every="step", seed=5
    )
    assert (setup.epochs, setup.loop.clip_norm, setup.loop.accumulate, setup.loop.schedule_every) == (3, 1.0, 2, "step")
    assert setup.seed == 5


def test_a_model_that_was_trained_is_known():
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))
    assert not open_setup(model, [(X, Y)], loss=CE).was_trained
    model(X)
    assert open_setup(model, [(X, Y)], loss=CE).was_trained
    plain = nn.Linear(3, 2)
    optimizer = torch.optim.Adam(plain.parameters())
    CE(plain(X), Y).backward()
    optimizer.step()
    assert open_setup(plain, [(X, Y)], loss=CE, optimizer=optimizer).was_trained


def test_nan_outputs_constants_and_losses_without_gradient_are_for_rules_to_judge():
    broken = nn.Linear(3, 2)
    nn.init.constant_(broken.weight, float("nan"))
    setups = [
        open_setup(broken, [(X, Y)], loss=CE),
        open_setup(nn.Linear(3, 2).requires_grad_(False), [(X, Y)], loss=CE),
        open_setup(nn.Linear(3, 2), [(X, Y)], loss=lambda o, t: CE(o.detach(), t)),
        open_setup(nn.Linear(3, 1), [(X, Y.float())], loss=nn.MSELoss()),  # broadcasting only warns
    ]
    assert setups[0].model is broken
    assert [bool(s.forward(s.model, (X, Y))[0].isfinite().all()) for s in setups] == [False, True, True, True]
    assert [s.forward(s.model, (X, Y))[0].requires_grad for s in setups] == [True, False, True, True]


class Endless(IterableDataset):
    def __iter__(self):
        while True:
            yield X, Y


def test_endless_loaders_are_read_a_little():
    from whet.diagnosis.probes.batches import MOST, batches

    for train in (Endless(), DataLoader(Endless(), batch_size=None)):
        given = Case(setup=open_setup(nn.Linear(3, 2), train, loss=CE)).ask(batches)
        assert (len(given.first), given.is_whole, given.reads_once) == (MOST, False, False)


def test_the_model_is_not_changed_by_opening():
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout(), nn.Linear(4, 2)).eval()
    before = {k: v.clone() for k, v in model.state_dict().items()}
    open_setup(model, DataLoader(TensorDataset(X, Y), batch_size=4, shuffle=True), loss=CE)
    assert all(torch.equal(before[k], v) for k, v in model.state_dict().items())
    assert not model.training
    assert all(p.grad is None for p in model.parameters())
