"""Running means of loss and gradient norm, summed on the device so that no step waits for a number."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

__all__ = ["Monitor"]


class Monitor:
    """Means since the last ``reset``. A NaN or infinity sticks in the sums until then.

    >>> monitor = Monitor(torch.device("cpu"))
    >>> monitor.add(torch.tensor(1.0), None); monitor.add(torch.tensor(2.0), torch.tensor(4.0))
    >>> monitor.loss(), monitor.norm(), monitor.is_finite()
    (1.5, 4.0, True)
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self._loss = torch.zeros((), device=self.device, dtype=torch.float64)
        self._norm = torch.zeros((), device=self.device, dtype=torch.float64)
        self._num_losses = self._num_norms = 0

    def add(self, loss: Tensor, norm: Tensor | None) -> None:
        """Take in one step."""
        self._loss += loss
        self._num_losses += 1
        if norm is not None:
            self._norm += norm
            self._num_norms += 1

    def loss(self) -> float:
        """Mean loss; NaN before the first step."""
        return float(self._loss) / self._num_losses if self._num_losses else float("nan")

    def norm(self) -> float | None:
        """Mean gradient norm over the steps where it was measured."""
        return float(self._norm) / self._num_norms if self._num_norms else None

    def is_finite(self) -> bool:
        """No loss and no gradient since the last reset was NaN or infinite. Waits for the device."""
        return bool((self._loss + self._norm).isfinite())

    def tensors(self) -> dict[str, Tensor]:
        """The sums, for a checkpoint."""
        counts = torch.tensor([self._num_losses, self._num_norms])
        return {"loss": self._loss.clone(), "norm": self._norm.clone(), "counts": counts}

    def load(self, tensors: Mapping[str, Tensor]) -> None:
        """Continue with what ``tensors`` gave."""
        self._loss, self._norm = (tensors[name].clone().to(self.device) for name in ("loss", "norm"))
        self._num_losses, self._num_norms = tensors["counts"].tolist()
