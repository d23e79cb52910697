"""Data sets made from a seed, of any size, so that a model can be scored on thousands of examples it never saw.

Each takes a generator and a number of examples and gives a source as a user would bring it, with its target column;
``MADE`` names them. Of every set the truth is known, and with it that no model can be perfect.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.datasets import make_friedman1

Draw = Callable[[np.random.Generator, int], object]


@dataclass(frozen=True)
class Made:
    """One set: how it is drawn, how many examples a run gets, and which column is to be predicted."""

    draw: Draw
    num: int
    target: str | None


def friedman(rng: np.random.Generator, num: int) -> pd.DataFrame:
    """Friedman's first function of five of ten numbers, noise of deviation 1 (MARS, Annals of Statistics 1991)."""
    inputs, target = make_friedman1(num, n_features=10, noise=1.0, random_state=int(rng.integers(2**31)))
    return _frame(inputs).assign(target=target)


def rings(rng: np.random.Generator, num: int) -> pd.DataFrame:
    """Three noisy rings around one point, and four columns that say nothing.

    With t = 0.5 / 0.45 a middle label is right in 2 F(t) - 1 and an outer or inner one in F(t) of the cases (F: normal
    distribution), so no model is right in more than 82.2 %.
    """
    angle, label = rng.uniform(0, 2 * np.pi, num), rng.integers(0, 3, num)
    radius = 1.0 + label + 0.45 * rng.normal(size=num)
    place = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    frame = _frame(np.concatenate([place, rng.normal(size=(num, 4))], axis=1))
    return frame.assign(label=np.array(["inner", "middle", "outer"])[label])


def clouds(rng: np.random.Generator, num: int) -> pd.DataFrame:
    """Four classes of three clouds each in ten dimensions, one label in ten drawn anew."""
    centres = np.random.default_rng(1).normal(size=(4, 3, 10)) * 1.1
    label, cloud = rng.integers(0, 4, num), rng.integers(0, 3, num)
    inputs = centres[label, cloud] + rng.normal(size=(num, 10))
    told = np.where(rng.random(num) < 0.1, rng.integers(0, 4, num), label)
    return _frame(inputs).assign(label=[f"class {c}" for c in told])


def sales(rng: np.random.Generator, num: int) -> pd.DataFrame:
    """Two columns of many labels whose effect is their own, one skewed number, missing values and a rarer class."""
    fixed = np.random.default_rng(2)
    of_shop, of_item = fixed.normal(size=60), fixed.normal(size=25)
    shop, item, price = rng.integers(0, 60, num), rng.integers(0, 25, num), np.exp(rng.normal(2, 1.2, num))
    score = of_shop[shop] + of_item[item] + 0.8 * (np.log(price) - 2) + rng.normal(0, 0.7, num)
    price[rng.random(num) < 0.15] = np.nan
    frame = pd.DataFrame({"shop": [f"s{i}" for i in shop], "item": [f"i{i}" for i in item], "price": price.round(2)})
    return frame.assign(label=np.where(score > 1.0, "sold", "kept"))


def requests(rng: np.random.Generator, num: int) -> pd.DataFrame:
    """Short requests whose intent hangs on one word, and in three of ten on a "dont" before it.

    One label in twenty is drawn anew among three, so no model is right in more than 96.7 %.
    """
    verbs = {"open": ("open", "unlock", "start"), "close": ("close", "shut", "lock"), "ask": ("is", "was", "did")}
    other = {"open": "close", "close": "open", "ask": "ask"}
    things = ("door", "window", "shop", "account", "garage", "valve", "gate", "lid")
    fill = ("please", "now", "the", "a", "my", "very", "old", "not", "quickly", "today", "again", "really", "maybe")
    texts, labels = [], []
    for _ in range(num):
        label = str(rng.choice(list(verbs)))
        verb, thing = str(rng.choice(verbs[label])), str(rng.choice(things))
        words = [*rng.choice(fill, 5), verb, *rng.choice(fill, 2), thing]
        if rng.random() < 0.3:
            words.insert(words.index(verb), "dont")
            label = other[label]
        texts.append(" ".join(str(w) for w in words))
        labels.append(str(rng.choice(list(verbs))) if rng.random() < 0.05 else label)
    return pd.DataFrame({"text": texts, "label": labels})


def bells(rng: np.random.Generator, num: int) -> tuple[np.ndarray, np.ndarray]:
    """Cylinders, bells and funnels: series of 64 steps with a plateau, a rise or a fall somewhere, under noise.

    Saito, "Local feature extraction and its applications", 1994; there 128 steps.
    """
    steps, kinds = np.arange(64), rng.integers(0, 3, num)
    begin, length = rng.integers(8, 17, num), rng.integers(16, 49, num)
    inside = (steps >= begin[:, None]) & (steps < (begin + length)[:, None])
    rise = (steps - begin[:, None]) / length[:, None]
    shape = np.stack([np.ones_like(rise), rise, 1 - rise])[kinds, np.arange(num)]
    values = (6 + rng.normal(size=(num, 1))) * inside * shape + 2.5 * rng.normal(size=(num, 64))
    return values[:, None, :].astype(np.float32), np.array(["cylinder", "bell", "funnel"])[kinds]


def _frame(values: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame({f"x{i}": column for i, column in enumerate(values.T)})


MADE = {
    "friedman": Made(friedman, 800, "target"),
    "rings": Made(rings, 900, "label"),
    "clouds": Made(clouds, 900, "label"),
    "sales": Made(sales, 900, "label"),
    "requests": Made(requests, 500, "label"),
    "bells": Made(bells, 300, None),
}
