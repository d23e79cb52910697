"""What this machine does: every precision, memory layout, thread count and batch size, against the physical limit.

And whether the trainer, which measures only a few settings before a training (``pace``), would have chosen well.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

from whet.rng import drawing_globally
from whet.training.clock import TrainingClock
from whet.training.feed import Feed
from whet.training.fitted import FitSetting
from whet.training.objective import Supervised
from whet.training.pace import choose_speed, throw_away_steps
from whet.training.prepare import Prepared, order_of
from whet.training.speed import Speed
from whet.training.speed_limits import Limits, measure_limits
from whet.training.speed_nets import BenchNet
from whet.training.threads import available_cores, using_threads

__all__ = ["CLOSE", "Row", "SpeedReport", "bench_speed"]

CLOSE = 1.3  # the choice is good when its step takes at most so many times the fastest one
MOVED_PER_WEIGHT = 28  # bytes per step: weight, gradient and two moments read, all but the gradient written, float32
BEHIND = 2.0  # a setting so many times as slow as the fastest is not timed again
LIMITS_SHARE, CHOICE_SHARE = 0.15, 0.25  # of the budget


@dataclass(frozen=True, kw_only=True)
class Row:
    """One setting; ``per_s`` and what follows are None where it could not be run (``error`` says why)."""

    precision: str
    channels_last: bool
    num_threads: int
    batch_size: int
    step_s: float | None = None  # the fastest
    per_s: float | None = None  # examples
    share_of_limit: float | None = None  # of the examples per second that arithmetic and memory allow
    is_chosen: bool = False  # by the trainer, at this batch size
    error: str | None = None


@dataclass(frozen=True, kw_only=True)
class SpeedReport:
    """``ratios``: by batch size, step of the trainer's choice over the fastest step."""

    net: str
    title: str
    unit: str
    limits: Limits
    rows: tuple[Row, ...]
    ratios: dict[int, float]
    num_rounds: int  # steps that the fast settings were timed for; those far behind had one
    seconds: float

    @property
    def is_close(self) -> bool:
        """At every batch size the trainer's choice is at most ``CLOSE`` times as slow as the best."""
        return bool(self.ratios) and all(ratio <= CLOSE for ratio in self.ratios.values())

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; operations and bytes per second under ``limits``."""
        return {
            "version": 1,
            "net": self.net,
            "title": self.title,
            "unit": f"{self.unit} per second",
            "limits": [
                {
                    "precision": precision,
                    "num_threads": count,
                    "operations_per_s": rate,
                    "bytes_per_s": self.limits.bandwidth[count],
                }
                for (precision, count), rate in self.limits.operations.items()
            ],
            "rows": [asdict(row) for row in self.rows],
            "choice_over_best": {str(size): ratio for size, ratio in self.ratios.items()},
            "goal": CLOSE,
            "is_close": self.is_close,
            "num_rounds": self.num_rounds,
            "seconds": self.seconds,
        }


def bench_speed(
    name: str,
    net: BenchNet,
    *,
    budget_s: float,
    threads: Sequence[int] | None = None,
    side: int | None = None,
    now: Callable[[], float] = time.perf_counter,
) -> SpeedReport:
    """Measure ``net`` in about ``budget_s`` seconds; every setting gets one step at least.

    ``threads`` defaults to one and all cores that may be used; ``side`` is that of the matrices behind the limits.
    """
    begin = now()
    counts = sorted({1, available_cores()}) if threads is None else list(threads)
    sizes = {} if side is None else {"side": side, "copied": side * side}
    limits = measure_limits(counts, budget_s=LIMITS_SHARE * budget_s, now=now, **sizes)
    cases = [_Case(net, batch, counts, CHOICE_SHARE * budget_s / len(net.batches), now) for batch in net.batches]
    with drawing_globally(0, "bench"):
        num_rounds = _time_in_turn(cases, until=begin + budget_s, now=now)
    rows = tuple(row for case in cases for row in case.rows(limits))
    ratios = {case.batch_size: case.ratio() for case in cases if case.ratio() > 0}
    return SpeedReport(
        net=name,
        title=net.title,
        unit=net.unit,
        limits=limits,
        rows=rows,
        ratios=ratios,
        num_rounds=num_rounds,
        seconds=now() - begin,
    )


class _Case:
    """All settings at one batch size."""

    def __init__(
        self, net: BenchNet, batch_size: int, threads: Sequence[int], budget_s: float, now: Callable[[], float]
    ) -> None:
        self.batch_size, self.now = batch_size, now
        ready = net.prepared(2 * batch_size)
        recipe = net.recipe(batch_size, seconds=10 * budget_s)  # the trainer may spend a tenth on choosing
        feed = Feed(
            inputs=ready.train,
            targets=ready.targets,
            order=order_of(recipe, ready.target, ready.codes),
            augmentations=(),
            device=ready.device,
        )
        objective = Supervised(target=ready.target)
        clock = TrainingClock(recipe.length, now=now)
        given = threads[0] if len(threads) == 1 else None
        self.chosen = choose_speed(recipe, ready, objective, feed, clock, FitSetting(num_threads=given))
        self.stepping = throw_away_steps(recipe, ready, objective, feed, most_pictures=None)
        self.operations, self.moved = _cost(ready, feed, objective)
        layouts = (True, False) if any(part.ndim == 4 for part in feed(0)[0].values()) else (True,)
        self.speeds = [
            Speed(precision=precision, channels_last=layout, num_threads=count)
            for count in threads
            for layout in layouts
            for precision in ("float32", "bfloat16")
        ]
        self.steps: dict[Speed, Callable[[int], None]] = {}
        self.times: dict[Speed, list[float]] = {speed: [] for speed in self.speeds}
        self.errors: dict[Speed, str] = {}

    def once(self, speed: Speed) -> None:
        """One timed step; the first one of a setting is preceded by one that loads kernels."""
        if speed in self.errors:
            return
        with using_threads(speed.num_threads):
            try:
                if speed not in self.steps:
                    self.steps[speed] = self.stepping(speed)
                    self.steps[speed](0)
                begin = self.now()
                self.steps[speed](len(self.times[speed]))
                self.times[speed].append(self.now() - begin)
            except RuntimeError as fault:  # an operation without a bfloat16 form
                self.errors[speed] = str(fault).splitlines()[0]

    def may_be_fastest(self, speed: Speed) -> bool:
        """Worth another step: not far behind the fastest so far, or the trainer's choice."""
        best = min(min(times) for times in self.times.values() if times)
        return speed == self.chosen or (bool(self.times[speed]) and min(self.times[speed]) < BEHIND * best)

    def ratio(self) -> float:
        """The chosen setting's fastest step over the fastest of all; 0 where it was not timed."""
        taken = {speed: min(times) for speed, times in self.times.items() if times}
        return taken[self.chosen] / min(taken.values()) if self.chosen in taken else 0.0

    def rows(self, limits: Limits) -> list[Row]:
        """The fastest first; failures last."""
        found = [self._row(speed, limits) for speed in self.speeds]
        return sorted(found, key=lambda row: float("inf") if row.step_s is None else row.step_s)

    def _row(self, speed: Speed, limits: Limits) -> Row:
        setting = speed.settings()
        times = self.times[speed]
        if not times:
            return Row(**setting, batch_size=self.batch_size, error=self.errors.get(speed, "no time was left"))
        least_s = limits.least_s(
            precision=speed.precision,
            num_threads=speed.num_threads,
            operations=self.operations,
            moved_bytes=self.moved,
        )
        return Row(
            **setting,
            batch_size=self.batch_size,
            step_s=min(times),
            per_s=self.batch_size / min(times),
            share_of_limit=least_s / min(times),
            is_chosen=speed == self.chosen,
        )


def _time_in_turn(cases: Sequence[_Case], *, until: float, now: Callable[[], float]) -> int:
    """All settings take turns, so that a busy moment of the machine hits them alike."""
    num_rounds = 0
    while num_rounds == 0 or now() < until:
        for case in cases:
            for speed in case.speeds:
                if num_rounds == 0 or (now() < until and case.may_be_fastest(speed)):
                    case.once(speed)
        num_rounds += 1
    return num_rounds


def _cost(ready: Prepared, feed: Feed, objective: Supervised) -> tuple[float, float]:
    """Operations of a step's products and convolutions, and the bytes that moving the weights takes."""
    batch, targets = feed(0)
    generator = torch.Generator()
    with drawing_globally(0, "bench", "cost"), FlopCounterMode(display=False) as counting:
        objective(ready.model, batch, targets, generator=generator).backward()  # type: ignore[no-untyped-call]
    ready.model.zero_grad()
    weights = sum(p.numel() for p in ready.model.parameters())
    return float(counting.get_total_flops()), float(MOVED_PER_WEIGHT * weights)
