"""Stops a training whose loss, gradients or weights are no longer finite, and takes it back once."""

from __future__ import annotations

import copy

from torch import Tensor

from whet.errors import TrainingFailedError
from whet.training.feed import Feed
from whet.training.monitor import Monitor
from whet.training.position import Position
from whet.training.stepper import Stepper

__all__ = ["CHECK_EVERY", "Guard"]

CHECK_EVERY = 20  # steps between looks; each look waits for the device
SNAPSHOT_EVERY = 200  # steps between copies in memory, so that copying stays far below a percent of the time
RETRY_RATE, RETRY_CLIP = 0.25, 1.0


class Guard:
    """Keeps the last good weights in memory. The first bad look goes back to them, the second ends the training."""

    def __init__(self, *, stepper: Stepper, monitor: Monitor, position: Position, feed: Feed) -> None:
        self.stepper, self.monitor, self.position, self.feed = stepper, monitor, position, feed
        if position.has_retried:
            self._clip()
        self._keep()

    def is_fine(self, *, weights: bool = False) -> bool:
        """True when all is finite; False after having gone back. ``weights``: look at them too, not just at the sums.

        Raises:
            TrainingFailedError: not finite for the second time, or because the inputs themselves are not finite.
        """
        is_old = self.position.step - self._kept_at >= SNAPSHOT_EVERY
        if self.monitor.is_finite() and (not (weights or is_old) or self.stepper.moving.is_finite()):
            if is_old:
                self._keep()
            return True
        self._explain()
        self._go_back()
        return False

    def _keep(self) -> None:
        self._kept_at = self.position.step
        self._tensors: dict[str, Tensor] = self.stepper.moving.copies()
        self._position = copy.deepcopy(self.position)

    def _explain(self) -> None:
        """Raise where going back cannot help."""
        where = f"near step {self.position.step} (epoch {self.feed.order.epoch(self.position.step) + 1})"
        part = self._bad_part()
        if part is not None:
            cause = f"the inputs hold NaN or infinity: part {part!r} {where}"
            raise TrainingFailedError(f"{cause}. Check the data and the augmentations.", cause=cause)
        if self.position.has_retried:
            cause = f"diverged: loss or weights became NaN or infinite {where}, again after one restart"
            how = f"at a quarter of the learning rate with gradients clipped at {RETRY_CLIP:g}"
            raise TrainingFailedError(f"{cause} {how}. Lower optimiser.lr.", cause=cause)

    def _bad_part(self) -> str | None:
        """The name of an input (or "target") that is not finite in the batches since the last look."""
        for step in range(max(0, self.position.step - CHECK_EVERY), self.position.step):
            batch, targets = self.feed(step)
            for name, part in {**batch, "target": targets}.items():
                if not bool(part.isfinite().all()):
                    return name
        return None

    def _go_back(self) -> None:
        self.stepper.moving.load(self._tensors)
        self.position.become(self._position)
        self.position.has_retried = True
        self.position.rate_factor *= RETRY_RATE
        self.monitor.reset()
        self._clip()
        self._position = copy.deepcopy(self.position)

    def _clip(self) -> None:
        self.stepper.grad_clip = min(self.stepper.grad_clip or RETRY_CLIP, RETRY_CLIP)
