"""Small ordinary training scripts for the tests of rules about training: networks, data, cases and watched loops."""

import time

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

import whet.diagnosis.rules  # noqa: F401  (registers them)
from whet.diagnosis.case import Case
from whet.diagnosis.rule import rules
from whet.diagnosis.setup import LoopSettings, Setup
from whet.errors import CannotJudgeError
from whet.rng import drawing_globally, make_generator
from whet.watching.recorder import Recorder

KINDS = ["mlp", "cnn", "lstm", "transformer", "bag"]


class Transformer(nn.Module):
    def __init__(self, dropout=0.0):
        super().__init__()
        self.embed = nn.Embedding(20, 16)
        self.block = nn.TransformerEncoderLayer(16, 2, 32, dropout=dropout, batch_first=True, activation="gelu")
        self.head = nn.Linear(16, 3)

    def forward(self, x):
        return self.head(self.block(self.embed(x)).mean(dim=1))


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(4, 16, batch_first=True)
        self.head = nn.Linear(16, 3)

    def forward(self, x):
        return self.head(self.lstm(x)[0][:, -1])


def build(kind, **settings):
    with drawing_globally(0, "model", kind):
        if kind == "mlp":
            return nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 3))
        if kind == "cnn":
            return nn.Sequential(
                nn.Conv2d(1, 8, 3, padding=1),
                nn.BatchNorm2d(8),
                nn.ReLU(),
                nn.MaxPool2d(2),
                nn.Flatten(),
                nn.Linear(8 * 16, 3),
            )
        if kind == "lstm":
            return Recurrent()
        if kind == "transformer":
            return Transformer(**settings)
        return nn.Sequential(nn.EmbeddingBag(20, 16), nn.Linear(16, 3))


def examples(kind, n=192, noise=0.0, seed=0):
    """Inputs and classes that a small network learns in some epochs."""
    g = make_generator(seed, "examples", kind)
    y = torch.randint(3, (n,), generator=g)
    if kind == "mlp":
        x = torch.randn(n, 8, generator=g)
        y = (x[:, 0] + x[:, 1] * x[:, 2] > 0).long() + (x[:, 3] > 0.5).long()
    elif kind == "cnn":
        x = 0.5 * torch.randn(n, 1, 8, 8, generator=g)
        for i, c in enumerate(y.tolist()):
            x[i, 0, :, 2 * c + 1] += 1.0
    elif kind == "lstm":
        x = torch.randn(n, 6, 4, generator=g)
        x[torch.arange(n), :, y] += 0.8
    else:
        x = torch.randint(20, (n, 10), generator=g)
        x[:, :3] = y[:, None]
    flip = torch.rand(n, generator=g) < noise
    return x, torch.where(flip, torch.randint(3, (n,), generator=g), y)


def loader(x, y, batch_size=16, seed=0, shuffle=True):
    return DataLoader(
        TensorDataset(x, y), batch_size=batch_size, shuffle=shuffle, generator=make_generator(seed, "order")
    )


def forward(model, batch):
    return model(batch[0]), batch[1]


def case_of(model, optimizer, data, *, loss=F.cross_entropy, batch_size=16, valid=None, seconds=120.0, **settings):
    loop = LoopSettings(**{k: settings.pop(k) for k in ("clip_norm", "accumulate", "schedule_every") if k in settings})
    train = data if isinstance(data, (DataLoader, list)) else loader(*data, batch_size=batch_size)
    setup = Setup(
        model=model,
        train=train,
        valid=valid,
        loss=loss,
        optimizer=optimizer,
        forward=forward,
        loop=loop,
        **{"epochs": 5, **settings},
    )
    return Case(setup=setup, until=time.monotonic() + seconds)


def ordinary(kind, *, lr=None, optimizer=None, noise=0.0, batch_size=16, **settings):
    """A sound script; ``optimizer`` takes parameters."""
    model = build(kind)
    made = optimizer(model.parameters()) if optimizer else torch.optim.Adam(model.parameters(), lr=lr or 3e-3)
    return case_of(model, made, examples(kind, noise=noise), batch_size=batch_size, **settings)


def findings(case, name):
    """Of one rule; none where it cannot judge."""
    try:
        return list(rules[name].check(case))
    except CannotJudgeError:
        return []


def watched_loop(model, optimizer, batches, step, *, epochs=1, scheduler=None, begin=None):
    """``step(number, batch)`` is the user's own code for one batch; ``begin(epoch)`` for one epoch."""
    with drawing_globally(0, "loop"), Recorder(model, optimizer, scheduler=scheduler, loader=batches) as recorder:
        number = 0
        for epoch in range(epochs):
            if begin is not None:
                begin(epoch)
            for batch in batches:
                step(number, batch)
                number += 1
    return Case(trace=recorder.trace())
