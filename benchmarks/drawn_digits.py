"""Sixty thousand grey pictures of 28 x 28 digits, drawn from scikit-learn's 1,797 small ones: a stand-in for MNIST.

Each is one of the originals (8 x 8) turned, scaled, sheared and shifted a little, enlarged without steps, and given
noise. Training and test pictures come from different originals, so that no test picture is a twin of a training one;
with so few originals 99 % here is not the 99 % of MNIST.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits

__all__ = ["drawn_digits"]

SIDE, TRAIN_ORIGINALS, AT_A_TIME = 28, 1_300, 5_000


def drawn_digits(num_train: int = 60_000, num_test: int = 10_000, *, seed: int = 0) -> dict[str, np.ndarray]:
    """``train`` and ``test`` (N, 28, 28, 1) uint8, ``train_labels`` and ``test_labels`` (N,) strings."""
    digits = load_digits()
    images = (digits.images / 16.0).astype(np.float32)
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(images))
    parts = {"train": (order[:TRAIN_ORIGINALS], num_train), "test": (order[TRAIN_ORIGINALS:], num_test)}
    found: dict[str, np.ndarray] = {}
    for name, (originals, count) in parts.items():
        chosen = rng.choice(originals, count)
        drawn = [_drawn(images[part], rng) for part in np.array_split(chosen, max(1, count // AT_A_TIME))]
        found[name] = np.concatenate(drawn)
        found[f"{name}_labels"] = digits.target[chosen].astype(str).astype(object)
    return found


def _drawn(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(N, 8, 8) in [0, 1] -> (N, 28, 28, 1) uint8."""
    count = len(images)
    angle, shear = rng.normal(0, 0.15, count), rng.normal(0, 0.15, count)
    scale, shift = rng.uniform(1.0, 1.35, (2, count)), rng.uniform(-0.12, 0.12, (2, count))
    cos, sin = np.cos(angle), np.sin(angle)
    rows = [
        np.stack([cos * scale[0], (shear - sin) * scale[0], shift[0]], axis=1),
        np.stack([sin * scale[1], cos * scale[1], shift[1]], axis=1),
    ]
    transform = torch.from_numpy(np.stack(rows, axis=1).astype(np.float32))  # (N, 2, 3)
    grid = F.affine_grid(transform, [count, 1, SIDE, SIDE], align_corners=False)
    large = F.grid_sample(torch.from_numpy(images)[:, None], grid, mode="bicubic", align_corners=False)
    noisy = large.numpy() * rng.uniform(0.7, 1.0, (count, 1, 1, 1)) + rng.normal(0, 0.03, large.shape)
    return np.asarray((noisy.clip(0, 1) * 255).astype(np.uint8).transpose(0, 2, 3, 1))
