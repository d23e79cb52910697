"""The data sets of the portfolio: small, of every kind, and none of those that the planner is measured on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    make_classification,
    make_friedman1,
)

Write = Callable[[Path, Path | None], tuple[Path, str | None]]  # (scratch, data) -> (source, target)


@dataclass(frozen=True)
class Source:
    """How a user would bring it."""

    origin: str
    write: Write
    needs_data: bool = False


def _saved(frame: pd.DataFrame, scratch: Path, target: str) -> tuple[Path, str]:
    path = scratch / "data.csv"
    frame.to_csv(path, index=False)
    return path, target


def _bunch(load: Callable[..., object]) -> Write:
    def write(scratch: Path, data: Path | None) -> tuple[Path, str]:
        frame = load(as_frame=True).frame  # type: ignore[attr-defined]
        if frame["target"].dtype.kind == "i":
            frame["target"] = "class " + frame["target"].astype(str)
        return _saved(frame, scratch, "target")

    return write


def _friedman(scratch: Path, data: Path | None) -> tuple[Path, str]:
    inputs, target = make_friedman1(900, n_features=10, noise=2.0, random_state=0)
    frame = pd.DataFrame(inputs, columns=[f"x{i}" for i in range(10)]).assign(y=target)
    return _saved(frame, scratch, "y")


def _noisy_classes(scratch: Path, data: Path | None) -> tuple[Path, str]:
    inputs, codes = make_classification(
        900, n_features=16, n_informative=6, n_classes=4, n_clusters_per_class=2, flip_y=0.1, random_state=0
    )
    frame = pd.DataFrame(inputs.round(3), columns=[f"x{i}" for i in range(16)]).assign(y=[f"c{c}" for c in codes])
    return _saved(frame, scratch, "y")


def _categories(scratch: Path, data: Path | None) -> tuple[Path, str]:
    """Two columns with many labels whose effect is their own, one skewed number, missing values and rare classes."""
    random = np.random.default_rng(0)
    shop, item = random.integers(0, 60, 900), random.integers(0, 25, 900)
    price = np.exp(random.normal(2, 1.2, 900))
    score = random.normal(0, 1, 60)[shop] + random.normal(0, 1, 25)[item] + 0.8 * (np.log(price) - 2)
    label = np.where(score + random.normal(0, 0.7, 900) > 1.5, "sold", "kept")
    price[random.random(900) < 0.15] = np.nan
    frame = pd.DataFrame({"shop": [f"s{i}" for i in shop], "item": [f"i{i}" for i in item], "price": price.round(2)})
    return _saved(frame.assign(label=label), scratch, "label")


def _pictures(scratch: Path, images: np.ndarray, labels: np.ndarray) -> tuple[Path, None]:
    path = scratch / "pictures.npz"
    np.savez(path, X=images, y=labels)
    return path, None


def _digits(scratch: Path, data: Path | None) -> tuple[Path, None]:
    digits = load_digits()
    rows = np.random.default_rng(0).permutation(len(digits.target))[:900]
    images = (digits.images[rows] * (255 / 16)).round().astype(np.uint8)
    return _pictures(scratch, images, digits.target[rows].astype(str))


def _shapes(scratch: Path, data: Path | None) -> tuple[Path, None]:
    """Rings, squares, crosses and stripes of changing size, place and brightness, 20 x 20, under noise."""
    random = np.random.default_rng(0)
    labels = random.integers(0, 4, 600)
    rows, columns = np.mgrid[0:20, 0:20]
    images = np.zeros((600, 20, 20))
    for image, label in zip(images, labels, strict=True):
        y, x, size = random.uniform(6, 14), random.uniform(6, 14), random.uniform(3, 6)
        dy, dx = np.abs(rows - y), np.abs(columns - x)
        masks = (
            np.abs(np.hypot(dy, dx) - size) < 1,
            np.abs(np.maximum(dy, dx) - size) < 1,
            (np.minimum(dy, dx) < 1) & (np.maximum(dy, dx) < size),
            ((rows + random.integers(0, 3)) % 3 == 0) & (np.maximum(dy, dx) < size),
        )
        image[masks[label]] = random.uniform(60, 160)
    images += random.normal(60, 35, images.shape)
    names = np.array(["ring", "square", "cross", "stripes"])
    return _pictures(scratch, images.clip(0, 255).astype(np.uint8), names[labels])


def _file(path: str) -> Write:
    return lambda scratch, data: (Path(str(data)) / path, None)


def _hands(scratch: Path, data: Path | None) -> tuple[Path, None]:
    """A third of the pictures of each hand sign."""
    target = scratch / "hands"
    for folder in sorted(p for p in (Path(str(data)) / "sign_digits").iterdir() if p.is_dir()):
        (target / folder.name).mkdir(parents=True)
        for picture in sorted(folder.iterdir())[::3]:
            (target / folder.name / picture.name).write_bytes(picture.read_bytes())
    return target, None


def _reviews(scratch: Path, data: Path | None) -> tuple[Path, str]:
    frame = pd.read_csv(Path(str(data)) / "sst2" / "train.csv")
    return _saved(frame.sample(1200, random_state=0), scratch, "label")


def _sentences(scratch: Path, data: Path | None) -> tuple[Path, str]:
    """Made requests whose intent hangs on two words and their order."""
    random = np.random.default_rng(0)
    verbs = {"open": ("open", "unlock", "start"), "close": ("close", "shut", "lock"), "ask": ("is", "was", "did")}
    things = ("door", "window", "shop", "account", "garage", "valve", "gate", "lid")
    fill = ("please", "now", "the", "a", "my", "very", "old", "not", "quickly", "today", "again", "really", "maybe")
    texts, labels = [], []
    for _ in range(700):
        label = str(random.choice(list(verbs)))
        words = [*random.choice(fill, 5), random.choice(verbs[label]), *random.choice(fill, 2), random.choice(things)]
        if random.random() < 0.3:  # "do not open" asks for the contrary
            place = words.index(next(w for w in words if w in verbs[label]))
            words.insert(place, "dont")
            label = {"open": "close", "close": "open", "ask": "ask"}[label]
        texts.append(" ".join(str(w) for w in words))
        labels.append(label)
    return _saved(pd.DataFrame({"text": texts, "intent": labels}), scratch, "intent")


SETS = {
    "categories": Source("made", _categories),
    "requests": Source("made", _sentences),
    "shapes": Source("made", _shapes),
    "GunPoint": Source("UCR", _file("ucr/GunPoint/GunPoint_TEST.ts"), needs_data=True),
    "noisy classes": Source("made: scikit-learn's make_classification", _noisy_classes),
    "film reviews": Source("SST-2, 1,200 rows", _reviews, needs_data=True),
    "digits": Source("scikit-learn", _digits),
    "BasicMotions": Source("UEA", _file("ucr/BasicMotions/BasicMotions_TRAIN.ts"), needs_data=True),
    "diabetes": Source("scikit-learn", _bunch(load_diabetes)),
    "hand signs": Source("Sign Language Digits, a third", _hands, needs_data=True),
    "friedman": Source("made: scikit-learn's make_friedman1", _friedman),
    "ItalyPowerDemand": Source("UCR", _file("ucr/ItalyPowerDemand/ItalyPowerDemand_TEST.ts"), needs_data=True),
    "breast cancer": Source("scikit-learn", _bunch(load_breast_cancer)),
}
