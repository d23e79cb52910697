"""``whet.pretrain``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from whet.budget import parse_budget
from whet.improving.observer import Observer

__all__ = ["pretrain"]


def pretrain(
    source: object,
    *,
    out: str | Path,
    target: str | None = None,
    text: str | None = None,
    budget: str | float | None = "10m",
    epochs: float | None = None,
    objective: str = "auto",
    architecture: str | None = None,
    settings: Mapping[str, Any] | None = None,
    seed: int = 0,
    task: str | None = None,
    types: Mapping[str, str] | None = None,
    image_size: int | None = None,
    device: str = "cpu",
    observer: Observer | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Path:
    """Train a backbone on data of your own, with or without labels; ``improve(..., backbone=out)`` starts from it.

    Args:
        source: what ``improve`` takes, or a list of such sources of one kind.
        out: folder of the backbone, new or empty; written at the end, whole or not at all.
        target: column with labels to learn from; None takes the one that the form names (class folders), or none.
        text: column with the texts; None takes the only one of each source.
        budget: wall clock for everything: "90s", "10m"; None only with ``epochs``.
        objective: "auto" (labels where there are any, with rotation for pictures; else masked modelling of texts and
            series, contrastive learning and rotation of pictures), or "masked", "contrastive", "rotation",
            "supervised", several joined by "+".
        settings: the architecture's own.
    Raises:
        DataError, ConfigError: the sources cannot be used, or not so; the message says what to do.
        RunError: ``out`` cannot be used.
    """
    import torch

    from whet.improving.environment import environment
    from whet.pretraining.plan import Plan
    from whet.pretraining.pretrain import pretrain as run
    from whet.pretraining.reading import Columns
    from whet.recipe import Length
    from whet.training.fitted import FitSetting

    seconds = None if budget is None else parse_budget(budget)
    watching = observer or Observer()
    plan = Plan(
        length=Length(seconds=seconds, epochs=epochs),
        objective=objective,
        architecture=architecture,
        settings=settings or {},
        columns=Columns(target=target, text=text, task=task, types=types or {}, image_size=image_size),
        seed=seed,
    )
    watching.begin(budget_s=seconds, elapsed_s=0.0, title=f"pretraining {out}")
    try:
        return run(
            source if isinstance(source, list) else [source],
            plan,
            out=Path(out),
            setting=FitSetting(device=device, on_progress=watching.progress, should_stop=should_stop),
            environment=environment(device=device, num_threads=torch.get_num_threads()),
            say=watching.say,
        )
    finally:
        watching.end()
