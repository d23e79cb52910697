"""A bench as a message: what a worker process must know once, before its first job; see ``lines``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from whet.engine.bench import Bench
from whet.tasks.target import target_from_dict
from whet.training.fitted import FitSetting

__all__ = ["PLAIN_SETTINGS", "bench_from", "bench_to"]

PLAIN_SETTINGS = (
    "device",
    "metric",
    "checkpoint_every_s",
    "memory_bytes",
)  # fields of FitSetting that a worker has as they are


def bench_to(bench: Bench, *, scratch: Path) -> dict[str, Any]:
    """A bench as a message; ``scratch`` is the worker's own folder."""
    cache = bench.setting.speed_cache
    return {
        "setting": {name: getattr(bench.setting, name) for name in PLAIN_SETTINGS},
        "scratch": str(scratch.absolute()),
        "speed_cache": None if cache is None else str(cache.absolute()),
        "target": bench.target.to_dict(),
        "checkpoints": str(bench.checkpoints.absolute()),
        "seed": bench.seed,
        "treating_s": bench.treating_s,
    }


def bench_from(message: dict[str, Any]) -> Bench:
    """The reverse, in the worker."""
    cache = message["speed_cache"]
    setting = FitSetting(scratch=Path(message["scratch"]), speed_cache=cache and Path(cache))
    return Bench(
        target=target_from_dict(message["target"]),
        setting=replace(setting, **message["setting"]),
        checkpoints=Path(message["checkpoints"]),
        seed=message["seed"],
        treating_s=message["treating_s"],
    )
