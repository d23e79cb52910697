"""``whet.improve``, and how a run goes on."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from whet.budget import parse_budget
from whet.errors import RunError
from whet.files import free_folder
from whet.improving.folder import RunFolder, refuse_taken
from whet.improving.observer import Observer
from whet.improving.options import Options
from whet.improving.run import Run, read_first, source_facts
from whet.ledger.database import password_again
from whet.memory import parse_memory

__all__ = ["improve", "resume_run", "source_to_resume"]


def improve(
    source: object,
    *,
    target: str | None = None,
    test: str | None = None,
    budget: str | float | None = "5m",
    epochs: float | None = None,
    out: str | Path | None = None,
    seed: int = 0,
    memory: str | float | None = None,
    observer: Observer | None = None,
    should_stop: Callable[[], bool] | None = None,
    command: str = "",
    **settings: Any,
) -> Run:
    """Find what holds a model on this data back, and hand over a better one.

    Args:
        source: a path, ``sklearn:NAME``, pandas or Arrow table, arrays, Hugging Face or PyTorch dataset.
        target: the column to predict, where the form of the source does not say it.
        test: another source, opened once at the end; without it a part of ``source`` is sealed.
        budget: wall clock for everything: "90s", "5m", "1h"; None only with ``epochs``.
        epochs: length of every deep training; a run without a budget is then repeatable bit for bit on a CPU.
        out: folder of the run, new or empty; by default ``runs/<name of the source>``.
        memory: that all processes of the run may hold together: "4GB", "800MB"; None for no limit.
        settings: any other field of ``Options``.
    Raises:
        DataError: the data cannot be used; the message says where and what to do.
        RunError: ``out`` cannot be used.
    """
    began = time.monotonic()  # importing what follows is a part of the budget
    from whet.data.sources import describe_source

    options = Options(
        target=target,
        test=test,
        budget_s=None if budget is None else parse_budget(budget),
        epochs=epochs,
        seed=seed,
        memory=None if memory is None else parse_memory(memory),
        **settings,
    )
    name = describe_source(source)
    path = Path(out) if out is not None else free_folder("runs", name, otherwise="run")
    refuse_taken(path)
    given = read_first(source, options)
    command = command or _command(name, options, path)
    folder = RunFolder.create(path, **source_facts(source), options=options, command=command)
    watching, stop = observer or Observer(), should_stop or (lambda: False)
    with folder.begun():
        from whet.improving.loop import run_loop

        run_loop(given, options, folder, observer=watching, should_stop=stop, began=began)
    return Run(path)


def resume_run(
    folder: RunFolder,
    source: object,
    *,
    observer: Observer,
    should_stop: Callable[[], bool],
    storage: str | None = None,
) -> None:
    """Go on where the run in ``folder`` stood; ``storage`` where its password was not kept."""
    from whet.improving.loop import run_loop

    read, options = source_to_resume(folder, source), folder.options()
    options = replace(options, storage=password_again(options.storage, storage))
    folder.update(status="running")
    run_loop(read, options, folder, observer=observer, should_stop=should_stop)


def source_to_resume(folder: RunFolder, source: object) -> object:
    """What to read again: what is given, or where the run was begun from."""
    state = folder.state()
    if source is None and not state["resumable"]:
        raise RunError(
            f"{folder.path} was started with data in memory ({state['source']}); pass the same data as source=..."
        )
    return state["source"] if source is None else source


def _command(name: str, options: Options, out: Path) -> str:
    """The same run as a line of Python, for the report."""
    given = replace(options, budget_s=300.0).to_dict()
    plain = Options().to_dict()
    extra = "".join(f", {k}={v!r}" for k, v in given.items() if v != plain[k])
    budget = "None" if options.budget_s is None else f"{options.budget_s:g}"
    return f"whet.improve({name!r}, budget={budget}, out={str(out)!r}{extra})"
