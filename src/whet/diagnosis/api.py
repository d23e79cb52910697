"""The verbs of this room, as ``whet`` offers them."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from whet.budget import parse_budget
from whet.diagnosis.diagnosis import FILES, Diagnosis
from whet.diagnosis.judging import Judged, chosen_rules, judge
from whet.diagnosis.preserving import preserving
from whet.diagnosis.watch import Watch
from whet.errors import ConfigError, RunError

if TYPE_CHECKING:
    from whet.diagnosis.setup import Forward, Loss, Setup
    from whet.watching.trace import Trace

__all__ = ["checked_folder", "diagnose", "diagnose_setup", "judge_watched", "watch"]

watch = Watch  # the name that users call, as in: with whet.watch(model, optimizer) as w


def diagnose(
    model: nn.Module,
    train: Iterable[Any],
    valid: Iterable[Any] | None = None,
    *,
    loss: Loss | None,
    optimizer: torch.optim.Optimizer | None = None,
    scheduler: Any = None,
    forward: Forward | None = None,
    epochs: float | None = None,
    clip_norm: float | None = None,
    accumulate: int = 1,
    schedule_every: str = "epoch",
    watched: Watch | None = None,
    budget: str | float | None = "30s",
    prove: bool = True,
    out: str | Path | None = None,
    rules: Sequence[str] | None = None,
    settings: Mapping[str, Mapping[str, Any]] | None = None,
    seed: int = 0,
    strict: bool = False,
) -> Diagnosis:
    """Say why a model does badly, on what evidence, and what to change. Copies are trained; nothing of yours changes.

    Args:
        model: any module, trained or not.
        train, valid: what yields your batches; read several times.
        loss: (outputs, targets) -> scalar; None where the model's outputs carry it as ``.loss``.
        optimizer, scheduler: as in your loop; without an optimizer Adam with a learning rate of 1e-3 is taken.
        forward: (model, batch) -> (outputs, targets), where a batch is not (x, y), ((x1, x2), y) or a dict with labels.
        epochs, clip_norm, accumulate, schedule_every: as in your loop.
        watched: a ``whet.watch`` that stood around your loop: what it saw is judged, mistakes of the loop too, and
            experiments begin from the weights that it began with.
        budget: wall clock for everything, "30s", "2m"; None: no limit.
        prove: train a corrected copy beside an unchanged one with the time that is left.
        out: folder for diagnosis.html and diagnosis.json; None writes nothing.
        rules: names of rules; None asks all. ``settings``: rule -> its settings, thresholds for example.
        strict: raise the error of a rule that crashes instead of telling it.
    Raises:
        ConfigError, DataError: a part cannot be used; the message names it and says what to pass instead.
        RunError: ``out`` cannot be written.

    >>> x = torch.randn(64, 3, generator=torch.Generator().manual_seed(0))
    >>> batches = [(x[i : i + 16], (x[i : i + 16, 0] > 0).long()) for i in range(0, 64, 16)]
    >>> report = diagnose(nn.Linear(3, 2), batches, loss=nn.CrossEntropyLoss(), rules=[])
    >>> report.is_healthy, report.verdict
    (True, None)
    """
    began = time.monotonic()
    from whet.diagnosis.opening import open_setup

    wanted = chosen_rules(rules, settings)  # before anything runs: a misspelt name must not cost half a minute
    seconds = None if budget is None else _checked_budget(budget)
    folder = None if out is None else checked_folder(Path(out))
    if watched is not None:
        optimizer, scheduler = _as_watched(watched, model, optimizer, scheduler)
    with _apart(train, valid):
        setup = open_setup(
            model,
            train,
            valid,
            loss=loss,
            optimizer=optimizer,
            scheduler=scheduler,
            forward=forward,
            epochs=epochs,
            clip_norm=clip_norm,
            accumulate=accumulate,
            schedule_every=schedule_every,
            seed=seed,
        )
    if seconds is not None:  # imports and opening take time too
        seconds = max(0.1 * seconds, seconds - (time.monotonic() - began))
    report = diagnose_setup(setup, watched=watched, budget_s=seconds, prove=prove, wanted=wanted, strict=strict)
    if folder is not None:
        report.save(folder)
    return report


def diagnose_setup(
    setup: Setup,
    *,
    watched: Watch | None = None,
    budget_s: float | None = 30.0,
    prove: bool = True,
    wanted: Mapping[str, Any] | None = None,
    strict: bool = False,
) -> Diagnosis:
    """The same for parts that are already in one place; ``wanted``: rules by name, None asks all."""
    from whet.diagnosis.course import Course

    with _apart(setup.train, setup.valid):
        course = Course(setup, watched=watched, budget_s=budget_s, strict=strict)
        return course.run(chosen_rules() if wanted is None else wanted, prove=prove)


def judge_watched(trace: Trace, *, model: str = "", strict: bool = False) -> Diagnosis:
    """What the rules about training say of a trace alone."""
    from whet.diagnosis.case import Case
    from whet.diagnosis.concluding import conclude

    case, judged = Case(trace=trace), Judged(strict=strict)
    with preserving():
        judge(case, chosen_rules(), "during", judged)
    return conclude(case, judged, trace=trace, model=model, seconds=sum(judged.timings.values()))


def checked_folder(path: Path) -> Path:
    """The folder to write into.

    Raises:
        RunError: it is a file, or holds other things than an earlier diagnosis.
    """
    if path.exists() and (path.is_file() or any(p.name not in FILES for p in path.iterdir())):
        raise RunError(f"{path} exists and holds other things; nothing was written. Choose another folder.")
    return path


@contextmanager
def _apart(*loaders: Any) -> Iterator[None]:
    """Random states as found afterwards, and no warning of the user's code once for every experiment."""
    with preserving(*loaders), torch.enable_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _checked_budget(budget: str | float) -> float:
    seconds = parse_budget(budget)
    if not seconds > 0:
        raise ConfigError(f"budget must be above 0; got {budget!r}. Write 30s or 2m.")
    return seconds


def _as_watched(watched: Watch, model: nn.Module, optimizer: Any, scheduler: Any) -> tuple[Any, Any]:
    """The optimiser and scheduler that were watched, where none is given."""
    if not isinstance(watched, Watch):
        raise ConfigError(f"watched must be what `with whet.watch(...) as w` gave; got {type(watched).__name__}.")
    if watched.model is not model:
        raise ConfigError("watched saw another model. Pass the model that whet.watch stood around.")
    _ = watched.initial  # says so where nothing was watched
    if optimizer is None and not isinstance(watched.optimizer, list | tuple):
        optimizer = watched.optimizer
    return optimizer, watched.scheduler if scheduler is None else scheduler
