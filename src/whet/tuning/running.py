"""A tuning from a source to a tuned model."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import replace
from pathlib import Path

import whet.augment
import whet.data.encoders
import whet.evaluation.metrics
import whet.models
import whet.models.estimators
import whet.remedies
import whet.tasks  # noqa: F401  (these seven fill the registries)
from whet.engine.bench import Bench
from whet.engine.engine import Engine
from whet.engine.sharing import num_workers_of
from whet.engine.starting import started_engine
from whet.errors import ConfigError, RunError
from whet.improving.clock import Clock
from whet.improving.folder import RunFolder
from whet.improving.observer import Observer
from whet.improving.options import Options
from whet.improving.prepare import prepare
from whet.improving.sharing_ledger import sharing_ledger
from whet.ledger.database import password_again
from whet.ledger.records import Ledger
from whet.search.default_space import default_space
from whet.search.space import Space
from whet.search.storage import sqlite_url, storage_faults
from whet.training.interrupted import Interrupted
from whet.tuning.delivering import deliver_tuned, deliver_unfinished
from whet.tuning.diagnosing import DIAGNOSED, narrow
from whet.tuning.final import compare, open_sealed
from whet.tuning.opening import open_tuning
from whet.tuning.options import KIND, TuningOptions
from whet.tuning.searching import run_search, run_start
from whet.tuning.session import TuningSession

__all__ = ["run_tuning", "space_for", "tuning_of"]


def space_for(source: object, options: Options, *, observer: Observer) -> Space:
    """The default space of the recipe that a tuning of ``source`` would start from; nothing is trained or kept."""
    with tempfile.TemporaryDirectory(prefix="whet-") as scratch:
        folder = RunFolder.create(
            Path(scratch) / "run", source=str(source)[:200], resumable=False, options=options, command=""
        )
        ledger = Ledger(folder.ledger)
        try:
            prepared = prepare(source, options, folder, ledger, Clock(None), say=observer.say)
            return default_space(prepared.default_recipe(), prepared.facts)
        finally:
            ledger.close()


def run_tuning(
    source: object,
    options: Options,
    tuning: TuningOptions,
    folder: RunFolder,
    *,
    observer: Observer,
    should_stop: Callable[[], bool],
    began: float | None = None,
) -> None:
    """Search, compare, open the sealed test, hand over; ``folder`` holds everything, also after a kill.

    ``began``: reading of ``time.monotonic`` at which the budget began, where that was before this call.
    """
    state = folder.state()
    spent_s = float(state["seconds"]) + (0.0 if began is None else time.monotonic() - began)
    clock = Clock(options.budget_s, spent_before=spent_s)
    observer.begin(budget_s=options.budget_s, elapsed_s=clock.elapsed(), title=str(state["source"]))
    ledger, sharing = Ledger(folder.ledger), ExitStack()
    session: TuningSession | None = None
    try:
        engine = sharing.enter_context(_engine(options, folder))
        share = sharing.enter_context(sharing_ledger(tuning.storage, folder, ledger, kind=KIND, say=observer.say))
        prepared = prepare(source, options, folder, ledger, clock, say=observer.say)
        share(prepared)
        session = open_tuning(prepared, options, tuning, folder, ledger, clock, observer, should_stop, engine=engine)
        with storage_faults(tuning.storage or sqlite_url(folder.path / "study.sqlite")):
            _tune(session)
        folder.update(status="done", seconds=clock.elapsed())
    except Interrupted:
        folder.update(status="stopped", seconds=clock.elapsed())
        if session is not None and session.start is not None:
            deliver_unfinished(session)
        raise Interrupted(
            f"stopped; the best model so far is kept. Continue with: whet tune --resume {folder.path}"
        ) from None
    except BaseException:
        folder.update(status="failed", seconds=clock.elapsed())
        raise
    finally:
        sharing.close()
        ledger.close()
        observer.end()


def _engine(options: Options, folder: RunFolder) -> AbstractContextManager[Callable[[Bench], Engine] | None]:
    """What opens the workers, which start at once; None where trainings run in this process."""
    num_workers = num_workers_of(options.workers)
    return nullcontext() if num_workers == 1 else started_engine(num_workers, folder.path / "workers")


def _tune(session: TuningSession) -> None:
    clock = session.clock
    with clock.step("the recipe to start from"):
        run_start(session)
    if session.tuning.space == DIAGNOSED:
        narrow(session)
    with clock.step("search"):
        why = run_search(session)
    session.observer.say(f"the search ended: {why}")
    with clock.step("winner and start with fresh seeds"):
        compared = compare(session)
    session.observer.say(compared.reason)
    with clock.step("sealed test"):
        result = open_sealed(session, compared)
    deliver_tuned(session, compared, result, ended=why)


def tuning_of(folder: RunFolder, storage: str | None) -> TuningOptions:
    """The options of an existing tuning; ``storage`` gives a password back that the folder does not hold.

    Raises:
        RunError: the folder holds no tuning, or its storage needs a password.
    """
    state = folder.state()
    if state.get("kind") != KIND:
        raise RunError(f"{folder.path} holds no tuning. Continue it with: whet improve --resume {folder.path}")
    tuning = TuningOptions.from_dict(state["tuning"])
    if tuning.storage is None and storage is not None:
        raise ConfigError(f"the study of this tuning is in {folder.path}, not in a database. Leave --storage out.")
    return replace(tuning, storage=password_again(tuning.storage, storage))
