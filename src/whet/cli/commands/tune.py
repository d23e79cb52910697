"""whet tune: search the settings of one network."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from whet.cli.asking import (
    Device,
    Group,
    ImageSize,
    Json,
    LaterTested,
    Margin,
    Metric,
    OldRun,
    OwnModel,
    Seed,
    Strict,
    Target,
    Task,
    TestOpenedOnce,
    Types,
    Workers,
    column_types,
    num_workers,
    refuse_beside_resume,
    typed_command,
)
from whet.errors import ConfigError

if TYPE_CHECKING:
    from whet.improving.observer import Observer
    from whet.improving.run import Run

__all__ = ["add_to"]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(name="tune")(tune)


def tune(
    context: typer.Context,
    source: Annotated[str | None, typer.Argument(help="As for whet improve.")] = None,
    target: Target = None,
    test: TestOpenedOnce = None,
    method: Annotated[str, typer.Option(help="grid, random, bayesian, halving or hyperband.")] = "bayesian",
    fidelity: Annotated[
        str,
        typer.Option(
            help="What cheap looks of halving and hyperband make less of: length, examples, pictures or width."
        ),
    ] = "length",
    space: Annotated[
        str | None,
        typer.Option(help="YAML file with what is searched (see --write-space), or diagnosed: what the start lacks."),
    ] = None,
    write_space: Annotated[
        Path | None, typer.Option(help="Write the default space of these data to this file, and train nothing.")
    ] = None,
    budget: Annotated[str | None, typer.Option(help="Wall clock for everything: 90s, 10m, 1h. [default: 10m]")] = None,
    epochs: Annotated[float | None, typer.Option(help="Length of each training, instead of a budget.")] = None,
    trials: Annotated[
        int | None, typer.Option(help="Configurations to look at, at most. [default: as many as fit]")
    ] = None,
    sampler: Annotated[str, typer.Option(help="Of the Bayesian method: tpe, or gp (a Gaussian process).")] = "tpe",
    pruner: Annotated[
        str, typer.Option(help="Gives up on bad learning curves: median, percentile (the worst quarter) or none.")
    ] = "median",
    storage: Annotated[
        str | None,
        typer.Option(
            help="Database that machines share, for the study and a copy of the ledger: postgresql://... or "
            "sqlite:///FILE. [default: RUN alone]"
        ),
    ] = None,
    seeds: Annotated[int, typer.Option(help="Fresh seeds with which winner and start are compared.")] = 3,
    out: Annotated[Path | None, typer.Option(help="Folder of the run. Default: runs/<name>-tuned.")] = None,
    resume: OldRun = None,
    seed: Seed = 0,
    metric: Metric = None,
    task: Task = None,
    type_: Types = None,
    group: Group = None,
    time: LaterTested = None,
    image_size: ImageSize = None,
    device: Device = "cpu",
    model: OwnModel = None,
    margin: Margin = None,
    workers: Workers = "1",
    strict: Strict = False,
    as_json: Json = False,
) -> None:
    """Search the settings of one network: rate, regularisation, size or any other field of its recipe."""
    from whet import api
    from whet.cli.running import watched
    from whet.tuning.api import tune as tune_data

    if resume is not None:
        refuse_beside_resume(context, "storage")
        with watched(resume) as (observer, stop):
            run = api.resume(resume, observer=observer, should_stop=stop, storage=storage)
        return _finish(run, as_json)
    if source is None:
        raise ConfigError("whet tune needs a SOURCE, for example: whet tune reviews.csv --target label")
    data: dict[str, Any] = {
        "target": target,
        "test": test,
        "metric": metric,
        "task": task,
        "types": column_types(type_ or []),
    }
    data |= {"group": group, "time": time, "image_size": image_size, "device": device, "model": model, "seed": seed}
    with watched(out) as (observer, stop):
        if write_space is not None:
            return _write(source, data, write_space, observer, as_json)
        run = tune_data(
            source,
            method=method,
            fidelity=fidelity,
            space=space,
            trials=trials,
            sampler=sampler,
            pruner=pruner,
            storage=storage,
            seeds=seeds,
            budget=budget or (None if epochs else "10m"),
            epochs=epochs,
            out=out,
            margin=margin,
            strict=strict,
            workers=num_workers(workers),
            observer=observer,
            should_stop=stop,
            command=typed_command(),
            **data,
        )
    return _finish(run, as_json)


def _write(source: str, data: dict[str, Any], path: Path, observer: Observer, as_json: bool) -> None:
    from whet.improving.options import Options
    from whet.search.space_file import write_space
    from whet.tuning.running import space_for

    if path.exists():
        raise ConfigError(f"{path} exists; nothing was written. Choose another file for --write-space.")
    if not path.parent.is_dir():
        raise ConfigError(f"the folder of {path} does not exist. Make it, or choose another --write-space.")
    space = space_for(source, Options(**data), observer=observer)
    write_space(space, path)
    if as_json:
        print(json.dumps({"space": str(path), "fields": list(space.dimensions)}))
        return
    print(f"{len(space.dimensions)} fields: {', '.join(space.dimensions)}")
    words = ["whet", "tune", source, *(["--target", data["target"]] if data["target"] else []), "--space", str(path)]
    print(f"space: {path}. Edit it, then: {shlex.join(words)}")


def _finish(run: Run, as_json: bool) -> None:
    from whet.cli.showing import console, print_verdict

    summary = run.summary
    if as_json:
        print(json.dumps({**summary, "run": str(run.path)}, indent=2))
        return
    tuning, screen = summary["tuning"], console()
    screen.print(
        f"{tuning['trials']} trials by {tuning['method']}: {tuning['complete']} finished, {tuning['pruned']} given up, "
        f"{tuning['failed']} failed"
    )
    if tuning["winner"] is not None:
        screen.print("winner: " + ", ".join(f"{name} {value}" for name, value in tuning["winner"].items()))
    screen.print(f"{tuning['verdict'] or 'not judged'}: {tuning['reason']}")
    print_verdict(summary, run.path)
