"""What every run trains with: the setting of its trainings, and the place where its trials are kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from whet.improving.clock import Clock
from whet.improving.folder import RunFolder
from whet.improving.observer import Observer
from whet.improving.options import Options
from whet.improving.prepare import Prepared
from whet.improving.trials import Trials
from whet.training.fitted import FitSetting

__all__ = ["fit_setting", "new_trials"]


def fit_setting(
    prepared: Prepared,
    options: Options,
    folder: RunFolder,
    clock: Clock,
    observer: Observer,
    should_stop: Callable[[], bool],
    *,
    memory_bytes: int | None = None,
) -> FitSetting:
    """Where trainings of this run happen; each asks now and then whether to stop, which notes the time as well."""
    return FitSetting(
        device=options.device,
        metric=prepared.metric.name,
        scratch=folder.cache,
        speed_cache=folder.path / "speed.json",
        on_progress=observer.progress,
        should_stop=clock.noting(lambda seconds: folder.update(seconds=seconds), should_stop),
        memory_bytes=memory_bytes,
    )


def new_trials(prepared: Prepared, options: Options, folder: RunFolder, setting: FitSetting, **rest: Any) -> Trials:
    """Trials of this run, as far as it came; ``rest``: further arguments of ``Trials``."""
    return Trials(
        folder.trials,
        prepared.data,
        prepared.target,
        measure=prepared.metric.compute,
        setting=setting,
        checkpoints=folder.checkpoints,
        seed=options.seed,
        **rest,
    )
