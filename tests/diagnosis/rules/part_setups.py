"""Small networks and data of ordinary training scripts: healthy ones, which faults are then planted in."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import whet.diagnosis.rules  # noqa: F401
from whet.diagnosis.case import Case
from whet.diagnosis.opening import open_setup
from whet.diagnosis.rule import rules
from whet.errors import CannotJudgeError
from whet.rng import drawing_globally, make_generator

B, T, D, K = 16, 6, 8, 4


def made(build, seed=0):
    """A module with weights of its own stream."""
    with drawing_globally(seed, "test model"):
        return build()


def loader(x, y, *, batch_size=B, shuffle=True, seed=0):
    return DataLoader(
        TensorDataset(*x, y) if isinstance(x, tuple) else TensorDataset(x, y),
        batch_size=batch_size,
        shuffle=shuffle,
        generator=make_generator(seed, "order"),
    )


def table(num=96, features=D, classes=K, seed=0):
    """Blobs that a network can tell apart."""
    g = make_generator(seed, "table")
    y = torch.randint(classes, (num,), generator=g)
    centres = 2 * torch.randn(classes, features, generator=g)
    return centres[y] + torch.randn(num, features, generator=g), y


def numbers(num=96, features=D, seed=0):
    g = make_generator(seed, "numbers")
    x = torch.randn(num, features, generator=g)
    return x, (x[:, :1] - 2 * x[:, 1:2] + 0.1 * torch.randn(num, 1, generator=g))


def pictures(num=64, seed=0):
    g = make_generator(seed, "pictures")
    y = torch.randint(K, (num,), generator=g)
    x = torch.randn(num, 1, 8, 8, generator=g)
    x[torch.arange(num), 0, y, y] += 4
    return x, y


def waves(num=64, seed=0):
    g = make_generator(seed, "waves")
    y = torch.randint(K, (num,), generator=g)
    return torch.randn(num, T, D, generator=g) + y[:, None, None], y


def texts(num=64, vocabulary=30, seed=0):
    g = make_generator(seed, "texts")
    y = torch.randint(K, (num,), generator=g)
    x = torch.randint(1, vocabulary, (num, T), generator=g)
    x[:, 0] = y + 1
    return x, y


def mlp(outputs=K, features=D, last=()):
    return made(
        lambda: nn.Sequential(
            nn.Linear(features, 16), nn.ReLU(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, outputs), *last
        )
    )


def cnn(outputs=K, last=()):
    return made(
        lambda: nn.Sequential(
            nn.Conv2d(1, 8, 3, padding=1, bias=False),
            nn.BatchNorm2d(8),
            nn.ReLU(),
            nn.Conv2d(8, 8, 3, padding=1),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(2),
            nn.Flatten(),
            nn.Dropout(0.2),
            nn.Linear(32, outputs),
            *last,
        )
    )


class Recurrent(nn.Module):
    def __init__(self, outputs=K, batch_first=True, kind=nn.LSTM):
        super().__init__()
        self.body = kind(D, 12, batch_first=batch_first)
        self.head = nn.Linear(12, outputs)

    def forward(self, x):
        return self.head(self.body(x)[0][:, -1])


class Attention(nn.Module):
    def __init__(self, outputs=K, batch_first=True):
        super().__init__()
        self.embed = nn.Embedding(30, 16)
        self.body = nn.TransformerEncoderLayer(16, 2, 16, dropout=0.1, batch_first=batch_first, activation="gelu")
        self.head = nn.Linear(16, outputs)

    def forward(self, x):
        return self.head(self.body(self.embed(x)).mean(dim=1))


class Bag(nn.Module):
    def __init__(self, outputs=K):
        super().__init__()
        self.embed = nn.EmbeddingBag(30, 12)
        self.head = nn.Linear(12, outputs)

    def forward(self, x):
        return self.head(self.embed(x))


NETS = {
    "mlp": (lambda outputs=K, last=(): mlp(outputs, last=last), table),
    "cnn": (lambda outputs=K, last=(): cnn(outputs, last=last), pictures),
    "lstm": (lambda outputs=K, last=(): nn.Sequential(made(lambda: Recurrent(outputs)), *last), waves),
    "transformer": (lambda outputs=K, last=(): nn.Sequential(made(lambda: Attention(outputs)), *last), texts),
    "bag": (lambda outputs=K, last=(): nn.Sequential(made(lambda: Bag(outputs)), *last), texts),
}


def case_of(model, train, loss=None, **settings):
    return Case(setup=open_setup(model, train, loss=loss or nn.CrossEntropyLoss(), **settings))


def found(name, case):
    """Findings of one rule; where it cannot judge, none."""
    try:
        findings = list(rules[name].check(case))
    except CannotJudgeError:
        return []
    assert all(f.symptom == name and f.statement and 0 <= f.severity <= 1 and f.source for f in findings)
    assert rules[name].stage == "before"
    return findings


def loud(name, case):
    """Findings that are more than a remark."""
    return [f for f in found(name, case) if f.severity >= 0.3]


def net_case(name, *, last=(), outputs=K, loss=None, **settings):
    build, data = NETS[name]
    x, y = data()
    return case_of(build(outputs, last=last), loader(x, y), loss, **settings)
