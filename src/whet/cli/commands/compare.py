"""whet compare: one model of each kind on the same data, side by side."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from whet.cli.asking import (
    Device,
    Download,
    Group,
    ImageSize,
    Json,
    LaterHeldOut,
    Metric,
    Seed,
    Source,
    Target,
    Task,
    TestSetAside,
    TrustCode,
    Types,
    column_types,
)

if TYPE_CHECKING:
    from whet.report.comparison import ComparisonData, ComparisonRow

__all__ = ["add_to"]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(name="compare")(compare)


def compare(
    source: Source,
    target: Target = None,
    test: TestSetAside = None,
    families: Annotated[
        str | None,
        typer.Option(help="cnn,rnn,lstm,gru,transformer,mlp,bag,linear,trees,rocket. [default: all that fit]"),
    ] = None,
    budget: Annotated[str, typer.Option(help="Wall clock for everything; every training has the same limit.")] = "5m",
    out: Annotated[Path | None, typer.Option(help="Folder of the page. Default: comparisons/<name>.")] = None,
    repeats: Annotated[int | None, typer.Option(help="Seeds for each. [default: as many as fit, at most 5]")] = None,
    seed: Seed = 0,
    metric: Metric = None,
    task: Task = None,
    type_: Types = None,
    group: Group = None,
    time: LaterHeldOut = None,
    image_size: ImageSize = None,
    device: Device = "cpu",
    backbone: Annotated[str | None, typer.Option(help="Pretrained body that takes part; see whet improve.")] = None,
    download: Download = False,
    trust_code: TrustCode = False,
    as_json: Json = False,
) -> None:
    """Compare kinds of model on your data: score, cost, and which can be told apart."""
    from whet.cli.running import watched
    from whet.comparing.api import compare as run
    from whet.data.sources import describe_source
    from whet.files import free_folder

    folder = out if out is not None else free_folder("comparisons", describe_source(source), otherwise="comparison")
    with watched(folder) as (observer, stop):
        data = run(
            source,
            target=target,
            test=test,
            families=None if families is None else [f.strip() for f in families.split(",") if f.strip()],
            budget=budget,
            out=folder,
            repeats=repeats,
            seed=seed,
            metric=metric,
            task=task,
            types=column_types(type_ or []),
            group=group,
            time=time,
            image_size=image_size,
            device=device,
            backbone=backbone,
            download=download,
            trust_code=trust_code,
            observer=observer,
            should_stop=stop,
            command=shlex.join(["whet", *sys.argv[1:]]),
        )
    if as_json:
        print(json.dumps({**data.to_dict(), "out": str(folder)}, indent=2))
    else:
        _show(data, folder)


def _show(data: ComparisonData, folder: Path) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from whet.report.amounts import count

    console = Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else 160)
    title = f"{data.metric_title} on {data.scored_on}, {count(data.num_repeats, 'repeat')}"
    table = Table(title=title, title_justify="left")
    for name in ("family", "model"):
        table.add_column(name)
    for name in ("score", "95 % interval", "behind", "95 % interval", "apart?", "train", "parameters"):
        table.add_column(name, justify="right")
    for name in ("ms, 1", "ms, 64", "peak MB"):
        table.add_column(name, justify="right")
    for row in data.rows:
        cells = _cells(row, data.unit)
        table.add_row(*(Text(cell) for cell in cells), style="bold" if row.is_best else "")
    console.print(table)
    for row in data.rows:
        if row.cause is not None:
            console.print(f"{row.family}: {row.title} failed: {row.cause}")
    for sentence in data.advice:
        console.print(sentence)
    console.print(f"page: {folder / 'comparison.html'}", soft_wrap=True)


def _cells(row: ComparisonRow, unit: str) -> list[str]:
    from whet.report.amounts import difference, duration, interval_of_gain, number, p_value, score

    if row.cause is not None:
        return [row.family, row.title, "failed", *[""] * 9]
    apart = "best" if row.is_best else f"{'yes' if row.is_apart else 'no'}, p {p_value(row.p)}"
    return [
        row.family,
        row.title + (" (cut short)" if row.ended_by_clock else ""),
        score(row.score, unit),
        f"{score(row.low, unit)} to {score(row.high, unit)}",
        "" if row.is_best else difference(row.difference, unit, word=False),
        interval_of_gain(row.difference_low, row.difference_high, unit),
        apart,
        duration(row.train_s),
        number(row.num_parameters),
        number(row.predict_ms.get("1")),
        number(row.predict_ms.get("64")),
        number(row.memory_mb),
    ]
