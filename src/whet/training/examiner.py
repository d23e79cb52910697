"""What happens at an evaluation: a point on the curve, and what early stopping and the plateau make of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from torch import Tensor

from whet.training.clock import TrainingClock
from whet.training.fitted import CurvePoint
from whet.training.monitor import Monitor
from whet.training.moving import Moving
from whet.training.position import Position
from whet.training.pruned import Pruned
from whet.training.schedules import PLATEAU_FACTOR
from whet.training.validation import Cadence, Validation

__all__ = ["Examiner"]


@dataclass(kw_only=True)
class Examiner:
    """Evaluates the weights that count (the averaged ones where there are any)."""

    moving: Moving
    monitor: Monitor
    position: Position
    clock: TrainingClock
    cadence: Cadence
    validation: Validation | None
    steps_per_epoch: int
    best: dict[str, Tensor] = field(default_factory=dict)  # the evaluated weights at their best
    on_point: Callable[[CurvePoint, float], bool] | None = None  # see ``FitSetting``

    def examine(self, lr: float) -> None:
        """Add a point to the curve; without validation examples it holds the training loss alone."""
        begin = self.clock.elapsed()
        loss, score = (None, None) if self.validation is None else self.validation.measure(self.moving.evaluated)
        self.cadence.took(self.clock.elapsed() - begin)
        point = CurvePoint(
            epoch=self.position.step / self.steps_per_epoch,
            seconds=self.clock.elapsed(),
            lr=lr,
            train_loss=self.monitor.loss(),
            valid_loss=loss,
            valid_score=score,
            grad_norm=self.monitor.norm(),
        )
        self.monitor.reset()
        self.position.curve.append(point)
        self.position.evaluated_at = self.position.step
        self.position.marks_done = self.cadence.done
        self._judge(point)
        self._tell(point)

    def look_again(self) -> None:
        """Measure the last point once more, where the evaluated weights have changed without a step."""
        if self.validation is not None:
            loss, score = self.validation.measure(self.moving.evaluated)
            self.position.curve[-1] = replace(self.position.curve[-1], valid_loss=loss, valid_score=score)

    def go_back_to_best(self) -> None:
        """With early stopping: the best evaluated weights, and their figures on the last point of the curve."""
        if self.position.stopping is None or self.position.best_point is None:
            return
        self.moving.evaluated.load_state_dict(self.best)
        best, curve = self.position.best_point, self.position.curve
        curve[-1] = replace(curve[-1], valid_loss=best.valid_loss, valid_score=best.valid_score)

    def _judge(self, point: CurvePoint) -> None:
        position, plateau, stopping = self.position, self.position.plateau, self.position.stopping
        merit = self._merit(point)
        if plateau is not None:
            plateau.sees(merit)
            if plateau.is_exhausted:
                position.rate_factor *= PLATEAU_FACTOR
                plateau.stale = 0
        if stopping is not None:
            if stopping.sees(merit):
                position.best_point = point
                self.best = {n: t.detach().clone() for n, t in self.moving.evaluated.state_dict().items()}
            position.is_stopped = stopping.is_exhausted

    def _tell(self, point: CurvePoint) -> None:
        step = self.position.step
        if self.on_point is None or not self.on_point(point, self.clock.progress(step)):
            return
        if not self.position.is_stopped and not self.clock.is_over(step):
            raise Pruned

    def _merit(self, point: CurvePoint) -> tuple[float, ...]:
        if self.validation is None or point.valid_loss is None or point.valid_score is None:
            return (-point.train_loss,)
        return self.validation.merit(point.valid_loss, point.valid_score)
