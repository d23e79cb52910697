"""``whet.tune``, and how a tuning goes on."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

from whet.budget import parse_budget
from whet.errors import ConfigError, did_you_mean
from whet.files import free_folder
from whet.improving.api import source_to_resume
from whet.improving.folder import RunFolder, refuse_taken
from whet.improving.observer import Observer
from whet.improving.options import Options
from whet.improving.run import Run, read_first, source_facts

__all__ = ["resume_tuning", "tune"]

SETTINGS = ("metric", "task", "types", "group", "time", "image_size", "device", "model", "margin", "strict", "workers")


def tune(
    source: object,
    *,
    target: str | None = None,
    test: str | None = None,
    method: str = "bayesian",
    fidelity: str = "length",
    space: str | Path | Mapping[str, Any] | None = None,
    trials: int | None = None,
    sampler: str = "tpe",
    pruner: str = "median",
    storage: str | None = None,
    seeds: int = 3,
    budget: str | float | None = "10m",
    epochs: float | None = None,
    out: str | Path | None = None,
    seed: int = 0,
    observer: Observer | None = None,
    should_stop: Callable[[], bool] | None = None,
    command: str = "",
    **settings: Any,
) -> Run:
    """Search the settings of one network, and say whether the winner is really better than what it started from.

    Args:
        source: as for ``improve``; ``RUN`` then holds ``study.sqlite`` as well, and docs/tuning.md says what is in it.
        method: "grid", "random", "bayesian", "halving" or "hyperband".
        fidelity: what the cheap looks of halving and Hyperband make less of: "length" of the training, "examples",
            "pictures" (their size) or "width" of the network.
        space: what is searched: a YAML file, its content, None for the default space of the network, or "diagnosed" for
            the part of it that treats what the diagnosis finds in the start.
        trials: configurations to look at, at most; None: as many as the budget allows.
        sampler: of the Bayesian method, "tpe" or "gp".
        pruner: "median", "percentile" (gives up the worst quarter) or "none"; halving and Hyperband have none.
        storage: URL of a database that holds the study and a copy of the ledger, for machines that tune together;
            None: an SQLite file in the run folder, and no copy.
        seeds: fresh ones, with which winner and start are trained again and compared.
        epochs: length of every training; without a budget the run is then repeatable bit for bit on a CPU.
        settings: any other field of ``Options`` that a tuning has: metric, task, types, group, time, image_size,
            device, margin, strict, workers (configurations trained side by side in processes, one thread each: a
            number, or "auto"), and model, a network of your own, "package.module:factory" or "file.py:factory".
    Raises:
        DataError, ConfigError: the data, the space or the options cannot be used; the message says what to do.
        RunError: ``out`` or the storage cannot be used.
    """
    began = time.monotonic()  # importing what follows is a part of the budget
    from whet.data.sources import describe_source

    for name in settings:
        if name not in SETTINGS:
            raise ConfigError(f"a tuning has no option {name!r}. {did_you_mean(name, SETTINGS)}")
    options = Options(
        target=target,
        test=test,
        budget_s=None if budget is None else parse_budget(budget),
        epochs=epochs,
        seed=seed,
        **settings,
    )
    stem = Path(describe_source(source).replace(":", "-")).stem
    path = Path(out) if out is not None else free_folder("runs", f"{stem}-tuned", otherwise="run")
    refuse_taken(path)
    given = read_first(source, options)
    from whet.tuning.options import KIND, TuningOptions

    tuning = TuningOptions(
        method=method,
        fidelity=fidelity,
        space=_space_given(space),
        trials=trials,
        sampler=sampler,
        pruner=pruner,
        storage=storage,
        seeds=seeds,
    )
    facts = {"kind": KIND, "tuning": tuning.to_dict()}
    folder = RunFolder.create(path, **source_facts(source), options=options, command=command, facts=facts)
    watching, stop = observer or Observer(), should_stop or (lambda: False)
    with folder.begun():
        from whet.tuning.running import run_tuning

        run_tuning(given, options, tuning, folder, observer=watching, should_stop=stop, began=began)
    return Run(path)


def resume_tuning(
    folder: RunFolder,
    source: object,
    *,
    observer: Observer,
    should_stop: Callable[[], bool],
    storage: str | None = None,
) -> None:
    """Go on where the tuning in ``folder`` stood; ``storage`` where its password was not kept."""
    from whet.tuning.running import run_tuning, tuning_of

    tuning, read = tuning_of(folder, storage), source_to_resume(folder, source)
    folder.update(status="running")
    run_tuning(read, folder.options(), tuning, folder, observer=observer, should_stop=should_stop)


def _space_given(space: str | Path | Mapping[str, Any] | None) -> Mapping[str, Any] | Literal["diagnosed"] | None:
    """The content of a file; a word or a mapping as it is."""
    from whet.search.space_file import read_space

    if space == "diagnosed":
        return "diagnosed"
    return read_space(Path(space)).to_dict() if isinstance(space, str | Path) else space
