"""Do mirrored pictures keep their label? Evidence from the data, without reading class names.

A linear model on gradient histograms is fitted on pictures as they are, and asked about held-out pictures and about
their mirror images. Where a mirror changes the meaning (digits, letters, arrows) it fails on the mirror images; where
things look alike from both sides it hardly notices. Hurts: it cannot tell a changed meaning from a side that simply
never occurs in the data (all hands are right hands); both are answered "not safe", which costs little.
Source: the probe of label-preserving augmentation in Cubuk et al. turned into a paired test; features of
    Dalal and Triggs, CVPR 2005.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from whet.data.columns import ImageColumn
from whet.models.gram import Moments, solve
from whet.models.hog import chunks, hog
from whet.rng import make_numpy_generator

__all__ = ["MirrorEvidence", "mirror_evidence"]

MOST = 4_000  # pictures looked at
FOLDS = 4
STRENGTH = 0.3  # of the ridge; generous, because a few hundred pictures must do
TOLERATED = 0.20  # loss of accuracy above chance that counts as small, as a fraction of it
CLASS_TOLERATED = 0.30  # the same for one class's share found again: two classes may be each other's mirror images
CLASS_Z = 3.0  # standard errors for one class to speak against mirroring


@dataclass(frozen=True, kw_only=True)
class MirrorEvidence:
    """Held-out accuracies in [0, 1] of the same linear model; positive ``drop`` speaks against mirroring."""

    is_safe: bool
    accuracy: float  # on held-out pictures as they are
    mirrored_accuracy: float  # on the same pictures mirrored
    drop: float  # accuracy - mirrored_accuracy
    standard_error: float  # of ``drop``, paired over pictures
    num_pictures: int
    why: str  # one sentence for people


def mirror_evidence(column: ImageColumn, codes: np.ndarray, *, seed: int) -> MirrorEvidence:
    """Judge from at most 4,000 of the training pictures and their class codes (N,) int64."""
    codes = np.asarray(codes)
    rows = make_numpy_generator(seed, "mirror").permutation(len(codes))[:MOST]
    if len(rows) < 10 * FOLDS or len(np.unique(codes[rows])) < 2:
        return _verdict(np.zeros(0, bool), np.zeros(0, bool), codes[:0])
    plain, mirrored = _features(column.take(rows))
    right, right_mirrored = _out_of_fold(plain, mirrored, torch.from_numpy(codes[rows]))
    return _verdict(right, right_mirrored, codes[rows])


def _features(column: ImageColumn) -> tuple[Tensor, Tensor]:
    pairs = [(hog(images), hog(images.flip(3))) for _, images in chunks(column)]
    return torch.cat([p for p, _ in pairs]), torch.cat([m for _, m in pairs])


def _out_of_fold(plain: Tensor, mirrored: Tensor, codes: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """(N,) bool twice: is each picture, and its mirror image, classified right by a model that saw neither."""
    onehot = F.one_hot(codes).float()
    fold = torch.arange(len(codes)) % FOLDS
    moments = [Moments.of(plain[fold == f], onehot[fold == f]) for f in range(FOLDS)]
    total = moments[0] + moments[1] + moments[2] + moments[3]
    right = torch.zeros(2, len(codes), dtype=torch.bool)
    for f in range(FOLDS):
        weights, intercepts = solve(total - moments[f], STRENGTH)
        for i, features in enumerate((plain, mirrored)):
            outputs = features[fold == f].double() @ weights + intercepts
            right[i, fold == f] = outputs.argmax(1) == codes[fold == f]
    return right[0].numpy(), right[1].numpy()


def _verdict(right: np.ndarray, mirrored: np.ndarray, codes: np.ndarray) -> MirrorEvidence:
    """Safe only when shown: the drop plus two standard errors is small, and no class objects."""
    n = len(codes)
    if n == 0:
        why = f"fewer than {10 * FOLDS} pictures or a single class: not enough to judge mirroring"
        return MirrorEvidence(
            is_safe=False, accuracy=0.0, mirrored_accuracy=0.0, drop=0.0, standard_error=1.0, num_pictures=0, why=why
        )
    chance = float(np.bincount(codes).max() / n)
    drop, error = _paired(right, mirrored)
    allowed = TOLERATED * (float(right.mean()) - chance)
    objecting = [c for c in np.unique(codes) if _objects(right[codes == c], mirrored[codes == c])]
    figures = f"a linear model finds {right.mean():.1%} of held-out pictures and {mirrored.mean():.1%} of their mirrors"
    if allowed <= 2 * error and drop <= allowed:
        is_safe, why = False, f"{figures}: too few or too hard to judge mirroring"
    elif drop + 2 * error > allowed:
        is_safe, why = False, f"{figures}: mirroring changes what they show"
    elif objecting:
        is_safe, why = False, f"{figures}, but {len(objecting)} class(es) are not found again when mirrored"
    else:
        is_safe, why = True, f"{figures}: mirrored pictures keep their label"
    return MirrorEvidence(
        is_safe=is_safe,
        accuracy=float(right.mean()),
        mirrored_accuracy=float(mirrored.mean()),
        drop=drop,
        standard_error=error,
        num_pictures=n,
        why=why,
    )


def _objects(right: np.ndarray, mirrored: np.ndarray) -> bool:
    drop, error = _paired(right, mirrored)
    return drop > CLASS_Z * error and drop > CLASS_TOLERATED * float(right.mean())


def _paired(right: np.ndarray, mirrored: np.ndarray) -> tuple[float, float]:
    """Mean difference and its standard error; at least that of one picture that changes sides."""
    difference = right.astype(float) - mirrored
    return float(difference.mean()), max(float(difference.std()) / len(difference) ** 0.5, 1.0 / len(difference))
