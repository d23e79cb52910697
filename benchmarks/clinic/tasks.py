"""Data of several kinds, real and made, as (training tensors, validation tensors). All draws come from fixed seeds."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import torch
from sklearn import datasets
from torch import Tensor

Parts = tuple[tuple[Tensor, ...], tuple[Tensor, ...]]


def split(*columns: np.ndarray, share: float = 0.3, seed: int = 0) -> Parts:
    """A random ``share`` of the rows for validation; floats become float32."""
    order = np.random.default_rng(seed).permutation(len(columns[0]))
    cut = int(share * len(order))
    tensors = [torch.tensor(c, dtype=torch.float32 if c.dtype.kind == "f" else torch.int64) for c in columns]
    return tuple(t[order[cut:]] for t in tensors), tuple(t[order[:cut]] for t in tensors)


def standardised(parts: Parts) -> Parts:
    """The first tensor of both parts, by mean and deviation of the training rows."""
    (x, *rest), (xv, *restv) = parts
    mean, std = x.mean(0), x.std(0).clamp_min(1e-6)
    return ((x - mean) / std, *rest), ((xv - mean) / std, *restv)


@functools.cache
def _read(name: str) -> Any:
    return getattr(datasets, f"load_{name}")()


def table(name: str, *, scale: bool = True, seed: int = 0) -> Parts:
    """wine (13 numbers, 3 classes), breast_cancer (30, 2), digits (64, 10), iris (4, 3)."""
    data = _read(name)
    parts = split(data.data.astype(np.float64), data.target, seed=seed)
    return standardised(parts) if scale else parts


def diabetes(*, scale: bool = True) -> Parts:
    """10 numbers -> progression, 25 to 346; scaled to deviation 1 or as it comes. Targets (N, 1)."""
    data = _read("diabetes")
    y = data.target.astype(np.float64)[:, None]
    return standardised(split(data.data, (y - y.mean()) / y.std() if scale else y))


def digits(*, scale: bool = True, seed: int = 0) -> Parts:
    """Pictures (N, 1, 8, 8), about mean 0 and deviation 1, or 0 to 16."""
    data = _read("digits")
    x = data.images[:, None].astype(np.float64)
    return split((x - 4.88) / 6.02 if scale else x, data.target, seed=seed)


def blobs(
    n: int = 1500, *, features: int = 10, classes: int = 5, spread: float = 1.0, seed: int = 0, noise: float = 0.0
) -> Parts:
    """Clouds around random centres; ``noise`` is the share of labels drawn anew."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(classes, features))
    y = rng.integers(classes, size=n)
    x = centres[y] + spread * rng.normal(size=(n, features))
    wrong = rng.random(n) < noise
    return split(x, np.where(wrong, rng.integers(classes, size=n), y))


def xor(n: int = 1500, *, features: int = 6, seed: int = 0) -> Parts:
    """Class 1 where the signs of the first two numbers differ: no linear model learns it."""
    x = np.random.default_rng(seed).normal(size=(n, features))
    return split(x, ((x[:, 0] > 0) ^ (x[:, 1] > 0)).astype(np.int64))


def shapes(n: int = 1200, *, size: int = 12, channels: int = 1, seed: int = 0, noise: float = 0.3) -> Parts:
    """Squares, crosses, frames and diagonals at random places (N, channels, size, size)."""
    rng = np.random.default_rng(seed)
    x, y = noise * rng.normal(size=(n, channels, size, size)), rng.integers(4, size=n)
    frame = np.ones((5, 5))
    frame[1:4, 1:4] = 0
    cross = np.zeros((5, 5))
    cross[2], cross[:, 2] = 1, 1
    kinds = [np.ones((5, 5)), cross, frame, np.eye(5)]
    for i in range(n):
        a, b = rng.integers(size - 5, size=2)
        x[i, :, a : a + 5, b : b + 5] += 2 * kinds[y[i]]
    return split(x, y)


def arrows(n: int = 1200, *, size: int = 10, seed: int = 0) -> Parts:
    """Arrows that point left (0) or right (1): a mirrored picture has the other label."""
    rng = np.random.default_rng(seed)
    x, y = 0.3 * rng.normal(size=(n, 1, size, size)), rng.integers(2, size=n)
    arrow = np.zeros((5, 5))
    for i in range(5):
        arrow[i, abs(2 - i)] = arrow[2, i] = 2
    for i in range(n):
        a, b = rng.integers(size - 5, size=2)
        x[i, 0, a : a + 5, b : b + 5] += arrow[:, ::-1] if y[i] else arrow
    return split(x, y)


def waves(n: int = 900, *, length: int = 40, channels: int = 1, classes: int = 3, seed: int = 0) -> Parts:
    """Series (N, channels, length): sines whose frequency is the class, with noise and random phase."""
    rng = np.random.default_rng(seed)
    y = rng.integers(classes, size=n)
    t = np.arange(length)[None, None]
    phase = rng.uniform(0, 2 * np.pi, size=(n, channels, 1))
    x = np.sin(2 * np.pi * (1.5 + 1.5 * y[:, None, None]) * t / length + phase)
    return split(x + 0.3 * rng.normal(size=x.shape), y)


def rising(n: int = 900, *, length: int = 24, seed: int = 0) -> Parts:
    """Series (N, 1, length) that rise (1) or fall (0): read backwards they have the other label."""
    rng = np.random.default_rng(seed)
    y = rng.integers(2, size=n)
    slope = (2 * y - 1)[:, None] * np.linspace(-1, 1, length)[None]
    return split((slope + 0.7 * rng.normal(size=slope.shape))[:, None], y)


def keywords(n: int = 1500, *, vocab: int = 50, length: int = 16, classes: int = 4, seed: int = 0) -> Parts:
    """Token ids (N, length): which of ``classes`` keywords occurs."""
    rng = np.random.default_rng(seed)
    x, y = rng.integers(classes, vocab, size=(n, length)), rng.integers(classes, size=n)
    x[np.arange(n), rng.integers(length, size=n)] = y
    return split(x, y)


def order(n: int = 1500, *, vocab: int = 20, length: int = 10, seed: int = 0) -> Parts:
    """Token ids (N, length): does token 0 come before token 1?"""
    rng = np.random.default_rng(seed)
    x = rng.integers(2, vocab, size=(n, length))
    places = np.argsort(rng.random((n, length)), axis=1)[:, :2]
    x[np.arange(n), places[:, 0]], x[np.arange(n), places[:, 1]] = 0, 1
    return split(x, (places[:, 0] < places[:, 1]).astype(np.int64))


def tags(n: int = 600, *, vocab: int = 20, length: int = 12, seed: int = 0) -> Parts:
    """Token ids (N, length) and a tag for each (N, length): a function of the token and the one before it."""
    rng = np.random.default_rng(seed)
    x = rng.integers(vocab, size=(n, length))
    before = np.concatenate([np.zeros((n, 1), dtype=x.dtype), x[:, :-1]], axis=1)
    return split(x, (x % 3 + before % 2).astype(np.int64))


def text(n: int = 500, *, vocab: int = 16, length: int = 21, seed: int = 0) -> Parts:
    """Sentences (N, length) of a language in which every token has two likely successors."""
    rng = np.random.default_rng(seed)
    follows = np.stack([rng.permutation(vocab), rng.permutation(vocab)])
    x = rng.integers(vocab, size=(n, length))
    for t in range(1, length):
        likely = follows[(rng.random(n) < 0.2).astype(int), x[:, t - 1]]
        x[:, t] = np.where(rng.random(n) < 0.1, x[:, t], likely)
    return split(x)


def friedman(n: int = 1200, *, scale: bool = True, noise: float = 0.5, seed: int = 0) -> Parts:
    """10 numbers -> a smooth function of five of them, targets (N, 1)."""
    x, y = datasets.make_friedman1(n, 10, noise=noise, random_state=seed)
    y = y[:, None]
    return standardised(split(x, (y - y.mean()) / y.std() if scale else y))


def houses(n: int = 1200, *, seed: int = 0) -> Parts:
    """8 numbers -> a price of about 300,000 +- 100,000, targets (N, 1)."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 8))
    y = 300_000 + 70_000 * x[:, :1] + 50_000 * np.tanh(x[:, 1:2] * x[:, 2:3]) + 10_000 * rng.normal(size=(n, 1))
    return split(x, y)


def sums(n: int = 900, *, length: int = 12, seed: int = 0) -> Parts:
    """Series (N, length, 2): the mean of the first numbers that the second ones mark, targets (N, 1)."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, length))
    marks = (np.argsort(rng.random((n, length)), axis=1) < 4).astype(np.float64)
    return split(np.stack([x, marks], axis=2), (x * marks).sum(1, keepdims=True) / 2)


def with_labels(parts: Parts, change: Any) -> Parts:
    """The last tensor of both parts through ``change``."""
    train, valid = parts
    return (*train[:-1], change(train[-1])), (*valid[:-1], change(valid[-1]))
