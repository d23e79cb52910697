"""A linear model on many features by gradient steps on batches, for more examples than a closed form can hold.

Source: the large-data classifier of Dempster et al., "MiniRocket", KDD 2021: Adam at 1e-4, batches of 256, the rate
halved when the loss on held-out examples stops falling.
"""

from __future__ import annotations

import time

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

__all__ = ["fit_by_steps"]

_BATCH = 256
_LR = 1e-4
_MAX_EPOCHS = 40
_PATIENCE = 3  # epochs without a better held-out loss before the rate is halved; it is halved at most 3 times
_MAX_HELD_OUT = 2_000  # examples kept for the stopping rule, at most a tenth


def fit_by_steps(
    features: np.ndarray, targets: np.ndarray, num_classes: int, *, rng: np.random.Generator, seconds: float | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(F, K) weights, (K,) intercept, the held-out rows and their (rows, K) outputs.

    ``targets``: (N,) codes below ``num_classes``, or (N,) values where that is 0 (then K = 1). Stops at ``seconds``
    with the best weights so far; one epoch is always begun.
    """
    order = rng.permutation(len(features))
    num_held = min(_MAX_HELD_OUT, max(1, len(order) // 10))
    held, used = np.sort(order[:num_held]), np.sort(order[num_held:])
    mean, std = (0.0, 1.0) if num_classes else (float(targets.mean()), float(targets.std()) or 1.0)
    y = torch.from_numpy(targets if num_classes else ((targets - mean) / std).astype(np.float32))
    x = torch.from_numpy(features)
    weight = _descend(x, y, used, held, max(1, num_classes), rng, seconds)
    outputs = _outputs(x[torch.from_numpy(held)], weight).double().numpy() * std + mean
    coef, intercept = weight[:-1].double().numpy() * std, weight[-1].double().numpy() * std + mean
    return coef, intercept, held, outputs


def _descend(
    x: Tensor,
    y: Tensor,
    used: np.ndarray,
    held: np.ndarray,
    outputs: int,
    rng: np.random.Generator,
    seconds: float | None,
) -> Tensor:
    begin, weight = time.monotonic(), torch.zeros(x.shape[1] + 1, outputs, requires_grad=True)
    optimiser = torch.optim.Adam([weight], lr=_LR, foreach=False)
    schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(optimiser, factor=0.5, patience=_PATIENCE - 1)
    kept = torch.from_numpy(held)
    x_held, y_held = x[kept], y[kept]
    best, best_loss = weight.detach().clone(), float("inf")
    for _ in range(_MAX_EPOCHS):
        for rows in np.array_split(rng.permutation(used), max(1, len(used) // _BATCH)):
            index = torch.from_numpy(rows)
            optimiser.zero_grad()
            torch.autograd.backward(_loss(_outputs(x[index], weight), y[index]))
            optimiser.step()
            if seconds is not None and time.monotonic() - begin > seconds:
                break
        with torch.no_grad():
            loss = float(_loss(_outputs(x_held, weight), y_held))
        if loss < best_loss:
            best, best_loss = weight.detach().clone(), loss
        schedule.step(loss)
        out_of_time = seconds is not None and time.monotonic() - begin > seconds
        if out_of_time or optimiser.param_groups[0]["lr"] < _LR / 8:
            break
    return best


def _outputs(x: Tensor, weight: Tensor) -> Tensor:
    return torch.addmm(weight[-1], x, weight[:-1])


def _loss(outputs: Tensor, targets: Tensor) -> Tensor:
    return F.mse_loss(outputs[:, 0], targets) if targets.is_floating_point() else F.cross_entropy(outputs, targets)
