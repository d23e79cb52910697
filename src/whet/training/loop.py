"""The one training loop: it knows steps, time and weights, but no task and no modality.

The randomness of a step follows from (seed, step), so a training that was stopped and continued equals, bit for bit,
one that never stopped.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from whet.recipe import Schedule
from whet.rng import drawing_globally, make_generator, stream_seed
from whet.training.checkpoint import Checkpoint
from whet.training.clock import TrainingClock
from whet.training.ending import Ending
from whet.training.examiner import Examiner
from whet.training.feed import Feed
from whet.training.fitted import FitSetting, Progress
from whet.training.guard import CHECK_EVERY, Guard
from whet.training.interrupted import Interrupted
from whet.training.phases import Phases
from whet.training.schedules import rate
from whet.training.snapshots import Snapshots
from whet.training.speed import Speed
from whet.training.stepper import Stepper

__all__ = ["Loop"]

MEASURE_EVERY = 5  # steps between gradient norms, where clipping does not give them anyway
REPORT_EVERY_S = 0.2


@dataclass(kw_only=True)
class Loop:
    """Runs steps until the clock says that the training is over."""

    stepper: Stepper
    feed: Feed
    clock: TrainingClock
    schedule: Schedule
    lr: float  # peak
    examiner: Examiner
    setting: FitSetting
    ending: Ending
    speed: Speed
    steady_from: float = 1.0  # share of the training after which the rate stays as it is, while weights are averaged
    checkpoint: Checkpoint | None = None
    phases: Phases | None = None  # of a pretrained body; None: every weight moves all the time
    snapshots: Snapshots | None = None  # of the ends of cycles; None: there is one cycle

    def __post_init__(self) -> None:
        self.position = self.examiner.position
        self.monitor = self.examiner.monitor
        self.guard = Guard(stepper=self.stepper, monitor=self.monitor, position=self.position, feed=self.feed)
        self._rate, self._is_first = 0.0, True
        self._saved_s = self._reported_s = self.clock.elapsed()

    def run(self) -> None:
        """Train, and leave the network at the weights that count."""
        with drawing_globally(self.feed.order.seed, "steps"):
            self.stepper.moving.model.train()
            while not self._is_over() or not self.guard.is_fine(weights=True):
                self._stop_if_asked()
                self._step()
                self._look_around()
            tail = self.stepper.moving.tail
            is_renewed = tail is not None and not self.position.is_stopped and tail.renew_statistics(self.feed)
            if self.position.evaluated_at != self.position.step:
                self.examiner.examine(self._lr())
            elif is_renewed:
                self.examiner.look_again()
        self.examiner.go_back_to_best()

    def save(self) -> None:
        """Write the checkpoint, where one is wanted and the weights are fine."""
        self._saved_s = self.clock.elapsed()
        if self.checkpoint is None or not self.guard.is_fine(weights=True):
            return
        tensors = {f"moving.{n}": t for n, t in self.stepper.moving.copies().items()}
        tensors |= {f"monitor.{n}": t for n, t in self.monitor.tensors().items()}
        tensors |= {f"best.{n}": t for n, t in self.examiner.best.items()}
        times = {"first_s": self.clock.first_s, "spent_s": self.clock.elapsed()}
        kept = {"position": self.position.to_dict(), "speed": self.speed.to_dict(), **times}
        if self.snapshots is not None:
            tensors |= {f"snapshots.{n}": t for n, t in self.snapshots.tensors().items()}
            kept["snapshots"] = self.snapshots.to_list()
        self.checkpoint.save(tensors, kept)

    def _is_over(self) -> bool:
        return self.position.is_stopped or self.clock.is_over(self.position.step)

    def _step(self) -> None:
        step, seed = self.position.step, self.feed.order.seed
        progress = self.clock.progress(step + 0.5)
        if not self._is_kept(progress):
            return
        _reseed(stream_seed(seed, "step", str(step)), self.feed.device)
        self._rate = rate(self.schedule, min(progress, self.steady_from)) * self.position.rate_factor
        if self.phases is not None:
            self.phases.enter(progress)
            self.stepper.objective = self.phases.objective(progress)
        self.feed.progress = progress
        batch, targets = self.feed(step)
        loss, norm = self.stepper(
            batch,
            targets,
            step=step,
            rate=self._rate,
            generator=make_generator(seed, "objective", str(step)),
            measure=step % MEASURE_EVERY == 0,
        )
        if self.stepper.moving.tail is not None:
            self.stepper.moving.tail.update(progress)
        self.monitor.add(loss, norm)
        self.position.step = step + 1

    def _is_kept(self, progress: float) -> bool:
        """Keep the network where a cycle begins at ``progress``; False when it was bad and the training went back."""
        step = self.position.step
        if self.snapshots is None or not self.snapshots.is_due(progress, step):
            return True
        if not self.guard.is_fine(weights=True):
            return False
        self.snapshots.keep(self.stepper.moving.evaluated, progress, step)
        return True

    def _look_around(self) -> None:
        """After a step: is all finite, is an evaluation due, does somebody watch, is it time to save?"""
        step = self.position.step
        if self._is_first:
            self._is_first = False
            self.clock.warmed_up(step)
        if step % CHECK_EVERY == 0 and not self.guard.is_fine():
            return
        if step < CHECK_EVERY or step % CHECK_EVERY == 0:
            self.keep_time_free()
        cadence = self.examiner.cadence
        if cadence.is_due(self.clock.progress(step), self.clock) and self.guard.is_fine(weights=True):
            self.examiner.examine(self._lr())
            self.keep_time_free()
        self.report()
        if self.checkpoint is not None and self.clock.elapsed() - self._saved_s >= self.setting.checkpoint_every_s:
            self.save()

    def keep_time_free(self) -> None:
        """Tell the clock what scoring after the last step will take."""
        cadence, validation = self.examiner.cadence, self.examiner.validation
        if validation is not None and cadence.last_cost_s > 0:
            self.ending.each_s = cadence.last_cost_s / len(validation)
        else:
            self.ending.guess(self.clock.step_s(self.position.step), self.feed.order.batch_size)
        self.clock.reserve_s = self.ending.reserve_s()

    def _lr(self) -> float:
        return self.lr * self._rate

    def _stop_if_asked(self) -> None:
        if self.setting.should_stop is not None and self.setting.should_stop():
            self.save()
            raise Interrupted

    def report(self) -> None:
        """Tell whoever watches, a few times a second."""
        now = self.clock.elapsed()
        if self.setting.on_progress is None or now - self._reported_s < REPORT_EVERY_S:
            return
        self._reported_s = now
        curve, loss = self.position.curve, self.monitor.loss()
        progress = Progress(
            fraction=self.clock.progress(self.position.step),
            epoch=self.position.step / self.feed.order.steps_per_epoch,
            seconds=now,
            train_loss=curve[-1].train_loss if loss != loss and curve else loss,
            valid_score=curve[-1].valid_score if curve else None,
        )
        self.setting.on_progress(progress)


def _reseed(seed: int, device: torch.device) -> None:
    """For dropout, which knows global generators only; run inside ``drawing_globally``, which puts them back.

    Not torch.manual_seed: it takes a millisecond, because it queues a call per absent accelerator, with a traceback.
    """
    torch.default_generator.manual_seed(seed)
    if device.type == "cuda":
        torch.cuda.manual_seed(seed)
