"""A forest of random trees on the pixels of a region: what they tell of the target, not what a network makes of it."""

from __future__ import annotations

import numpy as np
import torch
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor
from torch import Tensor
from torch.nn import functional as F

from whet.diagnosis.probes.dealt_pictures import DealtPictures
from whet.diagnosis.probes.permuted import trivial_errors
from whet.rng import make_numpy_generator

__all__ = ["RegionForest"]

SIDE = 32  # pixels: larger pictures are averaged down
TREES = 24


class RegionForest:
    """Fitted anew for each mask, to a random half of the training examples.

    Args:
        train, valid: pictures of the same shape.
    """

    def __init__(self, train: DealtPictures, valid: DealtPictures, *, seed: int) -> None:
        order = make_numpy_generator(seed, "region forest").permutation(len(train.truth))
        self.fitted, self.apart = np.array_split(order, 2)
        self.train, self.valid, self.sort = train, valid, train.sort
        self.pixels = [_small(p) for p in (train, valid)]  # (N, C, h, w)

    def skills(self, mask: Tensor) -> tuple[float, float]:
        """Of the pixels in ``mask`` (H, W): on training examples apart, and on validation examples."""
        share = F.adaptive_avg_pool2d(mask.float()[None, None], (self.pixels[0].shape[2], self.pixels[0].shape[3]))[
            0, 0
        ]
        train, valid = (p[:, :, share >= 0.5].flatten(1).numpy() for p in self.pixels)
        truth = self.train.truth
        forest = ExtraTreesRegressor if self.sort == "numbers" else ExtraTreesClassifier
        model = forest(TREES, min_samples_leaf=2, max_features="sqrt", random_state=0).fit(
            train[self.fitted], truth[self.fitted]
        )
        return (
            self._skill(model.predict(train[self.apart]), truth[self.apart]),
            self._skill(model.predict(valid), self.valid.truth),
        )

    def _skill(self, predicted: np.ndarray, truth: np.ndarray) -> float:
        errors = (predicted != truth).astype(float) if self.sort == "classes" else np.square(predicted - truth)
        return float(1 - errors.mean() / max(float(trivial_errors(self.sort, truth).mean()), 1e-12))


def _small(pictures: DealtPictures) -> Tensor:
    rows, columns = pictures.axes
    first = pictures.pictures.detach().cpu().float()
    other = next(a for a in (1, 2, 3) if a not in pictures.axes)
    ordered = first.permute(0, other, rows, columns)
    size = min(SIDE, ordered.shape[2]), min(SIDE, ordered.shape[3])
    return F.adaptive_avg_pool2d(torch.nan_to_num(ordered), size)
