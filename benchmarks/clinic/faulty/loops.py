"""Mistakes in the loop itself, which only watching it can show."""

from __future__ import annotations

import time

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from benchmarks.clinic import nets, tasks
from benchmarks.clinic.collecting import faulty
from benchmarks.clinic.script import Script, evaluate, loader, ordinary, passing, score, stepwise


def _digits_mlp(rate: float = 0.1, *, batch: int = 32, epochs: int = 8, dropout: float = 0.0) -> Script:
    train, valid = tasks.table("digits")
    model = nets.mlp(64, 64, 64, 10, dropout=dropout)
    return Script(
        model=model,
        train=loader(train, batch, shuffle=True),
        valid=loader(valid, 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.SGD(model.parameters(), lr=rate),
        epochs=epochs,
    )


def _shapes_cnn(rate: float = 0.02, *, epochs: int = 6, norm: bool = False) -> Script:
    train, valid = tasks.shapes()
    model = nets.SmallCNN(1, 4, norm=norm)
    return Script(
        model=model,
        train=loader(train, 32, shuffle=True),
        valid=loader(valid, 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.SGD(model.parameters(), lr=rate, momentum=0.9),
        epochs=epochs,
    )


def _keywords_gru(rate: float = 5e-3, *, epochs: int = 10) -> Script:
    train, valid = tasks.keywords()
    model = nets.Recurrent(16, 4, vocab=50, kind=nn.GRU)
    return Script(
        model=model,
        train=loader(train, 32, shuffle=True),
        valid=loader(valid, 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.Adam(model.parameters(), lr=rate),
        epochs=epochs,
    )


def never_zeroing(script: Script) -> float:
    for _ in range(script.epochs):
        script.model.train()
        for batch in script.train:
            outputs, targets = passing(script, batch)
            script.loss(outputs, targets).backward()
            script.optimizer.step()
    return evaluate(script)


@faulty("gradients_not_zeroed", seen_by="watch")
def zero_grad_forgotten(broken: bool) -> Script:
    """optimizer.zero_grad() is nowhere in the loop of an MLP."""
    script = _digits_mlp()
    script.loop = never_zeroing if broken else ordinary
    return script


@faulty("gradients_not_zeroed", seen_by="watch")
def zero_grad_once_per_epoch(broken: bool) -> Script:
    """zero_grad stands before the batches instead of inside their loop."""

    def loop(script: Script) -> float:
        for _ in range(script.epochs):
            script.model.train()
            script.optimizer.zero_grad()
            for batch in script.train:
                outputs, targets = passing(script, batch)
                script.loss(outputs, targets).backward()
                script.optimizer.step()
        return evaluate(script)

    script = _shapes_cnn(0.05)
    script.loop = loop if broken else ordinary
    return script


@faulty("gradients_not_zeroed", seen_by="watch", held=True)
def zero_grad_forgotten_in_a_regression(broken: bool) -> Script:
    """A recurrent regression whose gradients pile up."""
    train, valid = tasks.sums()
    model = nets.Recurrent(2, 1)
    return Script(
        model=model,
        train=loader(train, 32, shuffle=True),
        valid=loader(valid, 128),
        loss=nn.MSELoss(),
        optimizer=torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9),
        epochs=20,
        metric="r2",
        loop=never_zeroing if broken else ordinary,
    )


def stuck_in_eval(script: Script) -> float:
    """train() is called once, before the first epoch; the validation at its end leaves eval mode on."""
    script.model.train()
    last = 0.0
    for _ in range(script.epochs):
        last = evaluate(script)
        for batch in script.train:
            script.optimizer.zero_grad()
            outputs, targets = passing(script, batch)
            script.loss(outputs, targets).backward()
            script.optimizer.step()
        last = evaluate(script)
    return last


@faulty("eval_mode_training", seen_by="watch")
def batch_norm_trained_in_eval_mode(broken: bool) -> Script:
    """model.eval() of the validation is never undone: BatchNorm trains with its start values."""
    (x, y), (xv, yv) = tasks.digits(scale=False)
    model = nets.SmallCNN(1, 10, norm=True)
    return Script(
        model=model,
        train=loader((4 * x, y), 32, shuffle=True),
        valid=loader((4 * xv, yv), 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9),
        epochs=5,
        loop=stuck_in_eval if broken else ordinary,
    )


@faulty("eval_mode_training", seen_by="watch", held=True)
def deep_batch_norm_network_in_eval_mode(broken: bool) -> Script:
    """A loaded model stands in eval mode, and nobody calls train()."""

    def loop(script: Script) -> float:
        script.model.eval()
        for _ in range(script.epochs):
            for batch in script.train:
                script.optimizer.zero_grad()
                outputs, targets = passing(script, batch)
                script.loss(outputs, targets).backward()
                script.optimizer.step()
        return evaluate(script)

    (x, y), (xv, yv) = tasks.table("breast_cancer", scale=False)
    model = nets.mlp(30, 64, 64, 64, 2, norm=True)
    model.insert(0, nn.BatchNorm1d(30))
    return Script(
        model=model,
        train=loader((x, y), 32, shuffle=True),
        valid=loader((xv, yv), 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.SGD(model.parameters(), lr=0.05),
        epochs=10,
        loop=loop if broken else ordinary,
    )


def validated_in_train_mode(script: Script) -> float:
    """model.eval() was forgotten before the validation."""
    last = 0.0
    for _ in range(script.epochs):
        script.model.train()
        for batch in script.train:
            script.optimizer.zero_grad()
            outputs, targets = passing(script, batch)
            script.loss(outputs, targets).backward()
            script.optimizer.step()
        with torch.no_grad():
            last = score([passing(script, batch) for batch in script.valid], script.metric)
    return last


@faulty("training_mode_evaluation", seen_by="watch")
def validated_with_dropout(broken: bool) -> Script:
    """Dropout of a half is still on when the validation score is taken."""
    script = _digits_mlp(dropout=0.5, epochs=12)
    script.loop = validated_in_train_mode if broken else ordinary
    return script


@faulty("training_mode_evaluation", seen_by="watch", held=True)
def validated_with_batch_statistics(broken: bool) -> Script:
    """BatchNorm takes its statistics from validation batches of four pictures."""
    train, valid = tasks.digits()
    model = nets.SmallCNN(1, 10, norm=True, dropout=0.3)
    return Script(
        model=model,
        train=loader(train, 32, shuffle=True),
        valid=loader(valid, 4),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.Adam(model.parameters(), lr=1e-3),
        epochs=5,
        loop=validated_in_train_mode if broken else ordinary,
    )


@faulty("scheduler_misused", seen_by="watch")
def step_decay_after_every_batch(broken: bool) -> Script:
    """StepLR(5) was meant in epochs but is stepped after each batch: the rate is gone within one epoch."""
    script = _digits_mlp(epochs=10)
    script.scheduler = torch.optim.lr_scheduler.StepLR(script.optimizer, step_size=5, gamma=0.5)
    script.loop = stepwise if broken else ordinary
    return script


@faulty("scheduler_misused", seen_by="watch")
def one_cycle_stepped_by_epoch(broken: bool) -> Script:
    """OneCycleLR counts batches but is stepped once an epoch: the rate never leaves its warm-up."""
    script = _shapes_cnn(0.02, epochs=8)
    steps = script.epochs * len(script.train)  # type: ignore[arg-type]
    script.scheduler = torch.optim.lr_scheduler.OneCycleLR(
        script.optimizer, max_lr=0.05, total_steps=steps, div_factor=1000
    )
    script.loop = ordinary if broken else stepwise
    return script


@faulty("scheduler_misused", seen_by="watch", held=True)
def exponential_decay_by_batch(broken: bool) -> Script:
    """ExponentialLR(0.8) after each batch of a GRU."""
    script = _keywords_gru()
    script.scheduler = torch.optim.lr_scheduler.ExponentialLR(script.optimizer, gamma=0.8)
    script.loop = stepwise if broken else ordinary
    return script


def accumulating(script: Script, every: int, *, averaged: bool) -> float:
    for _ in range(script.epochs):
        script.model.train()
        script.optimizer.zero_grad()
        for i, batch in enumerate(script.train, start=1):
            outputs, targets = passing(script, batch)
            loss = script.loss(outputs, targets)
            (loss / every if averaged else loss).backward()
            if i % every == 0:
                script.optimizer.step()
                script.optimizer.zero_grad()
    return evaluate(script)


@faulty("accumulation_not_averaged", seen_by="watch")
def sixteen_batches_summed(broken: bool) -> Script:
    """Gradients of 16 batches are added and never divided, at a rate for their mean."""
    script = _digits_mlp(batch=4, epochs=10)
    for group in script.optimizer.param_groups:
        group["lr"], group["momentum"] = 0.1, 0.9
    script.loop = lambda s: accumulating(s, 16, averaged=not broken)
    return script


@faulty("accumulation_not_averaged", seen_by="watch", held=True)
def accumulated_regression(broken: bool) -> Script:
    """Ten small batches of a regression, summed."""
    train, valid = tasks.friedman()
    model = nets.mlp(10, 64, 1)
    return Script(
        model=model,
        train=loader(train, 6, shuffle=True),
        valid=loader(valid, 128),
        loss=nn.MSELoss(),
        optimizer=torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9),
        epochs=15,
        metric="r2",
        loop=lambda s: accumulating(s, 10, averaged=not broken),
    )


@faulty("no_gradient", seen_by="watch")
def loss_rewrapped_as_a_leaf(broken: bool) -> Script:
    """loss = torch.tensor(loss.item(), requires_grad=True): backward() runs and reaches nothing."""

    def loop(script: Script) -> float:
        for _ in range(script.epochs):
            script.model.train()
            for batch in script.train:
                script.optimizer.zero_grad()
                outputs, targets = passing(script, batch)
                loss = script.loss(outputs, targets)
                loss = torch.tensor(loss.item(), requires_grad=True)
                loss.backward()
                script.optimizer.step()
        return evaluate(script)

    script = _digits_mlp()
    script.loop = loop if broken else ordinary
    return script


@faulty("no_gradient", seen_by="watch")
def outputs_through_data(broken: bool) -> Script:
    """The loss is taken of outputs.data, made to require a gradient so that backward() does not complain."""

    def loop(script: Script) -> float:
        for _ in range(script.epochs):
            script.model.train()
            for batch in script.train:
                script.optimizer.zero_grad()
                outputs, targets = passing(script, batch)
                outputs = outputs.data.requires_grad_()
                script.loss(outputs, targets).backward()
                script.optimizer.step()
        return evaluate(script)

    script = _shapes_cnn()
    script.loop = loop if broken else ordinary
    return script


@faulty("no_gradient", seen_by="watch", held=True)
def backward_never_called(broken: bool) -> Script:
    """The line loss.backward() was lost in an edit."""

    def loop(script: Script) -> float:
        for _ in range(script.epochs):
            script.model.train()
            for batch in script.train:
                script.optimizer.zero_grad()
                outputs, targets = passing(script, batch)
                script.loss(outputs, targets)
                script.optimizer.step()
        return evaluate(script)

    script = _keywords_gru()
    script.loop = loop if broken else ordinary
    return script


def clipping(script: Script, norm: float) -> float:
    for _ in range(script.epochs):
        script.model.train()
        for batch in script.train:
            script.optimizer.zero_grad()
            outputs, targets = passing(script, batch)
            script.loss(outputs, targets).backward()
            nn.utils.clip_grad_norm_(script.model.parameters(), norm)
            script.optimizer.step()
    return evaluate(script)


@faulty("clipping_too_tight", "learning_rate_too_low", seen_by="watch")
def gradients_clipped_to_a_ten_thousandth(broken: bool) -> Script:
    """clip_grad_norm_(1e-4): every step has the same, tiny length."""
    script = _digits_mlp()
    script.loop = lambda s: clipping(s, 1e-4 if broken else 5.0)
    script.told = {"clip_norm": 1e-4 if broken else 5.0}
    return script


@faulty("clipping_too_tight", "learning_rate_too_low", seen_by="watch", held=True)
def values_clipped_to_a_millionth(broken: bool) -> Script:
    """clip_grad_value_(1e-6) on a CNN with SGD."""

    def loop(script: Script) -> float:
        for _ in range(script.epochs):
            script.model.train()
            for batch in script.train:
                script.optimizer.zero_grad()
                outputs, targets = passing(script, batch)
                script.loss(outputs, targets).backward()
                nn.utils.clip_grad_value_(script.model.parameters(), 1e-6)
                script.optimizer.step()
        return evaluate(script)

    script = _shapes_cnn()
    script.loop = loop if broken else ordinary
    return script


class SlowRows(Dataset[tuple[Tensor, Tensor]]):
    """Rows that each take a while to read, as from a slow disk."""

    def __init__(self, parts: tuple[Tensor, ...], seconds: float) -> None:
        self.x, self.y = parts
        self.seconds = seconds

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, i: int) -> tuple[Tensor, Tensor]:
        time.sleep(self.seconds)
        return self.x[i], self.y[i]


@faulty("slow_input", seen_by="watch", latent="speed")
def rows_read_one_by_one(broken: bool) -> Script:
    """Every row is opened on its own in the training process; the network waits for most of the time."""
    train, valid = tasks.table("wine")
    model = nets.mlp(13, 256, 256, 3)
    return Script(
        model=model,
        train=DataLoader(SlowRows(train, 0.004 if broken else 0.0), batch_size=16, shuffle=True),
        valid=loader(valid, 64),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.Adam(model.parameters(), lr=2e-3),
        epochs=6,
    )


@faulty("slow_input", seen_by="watch", latent="speed", held=True)
def pictures_decoded_in_python(broken: bool) -> Script:
    """A transform works pixel by pixel in Python."""

    class Decoded(Dataset[tuple[Tensor, Tensor]]):
        def __len__(self) -> int:
            return len(train[0])

        def __getitem__(self, i: int) -> tuple[Tensor, Tensor]:
            x, y = train[0][i], train[1][i]
            if broken:
                x = torch.tensor([[[float(v) for v in row] for row in channel for _ in range(6)] for channel in x])
                x = torch.stack([row.clone() for row in x[0, ::6]])[None]
            return x, y

    train, valid = tasks.digits()
    train = (train[0][:640], train[1][:640])
    model = nets.SmallCNN(1, 10, width=8)
    return Script(
        model=model,
        train=DataLoader(Decoded(), batch_size=32, shuffle=True),
        valid=loader(valid, 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.Adam(model.parameters(), lr=1e-2),
        epochs=5,
    )
