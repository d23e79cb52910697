"""whet advise: which kinds of model fit these data, before any is trained."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import typer

from whet.cli.asking import (
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
    Types,
    column_types,
)

if TYPE_CHECKING:
    from whet.comparing.advise import Advice, Option
    from whet.comparing.looking import Look

__all__ = ["add_to"]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(name="advise")(advise)


def advise(
    source: Source,
    target: Target = None,
    test: TestSetAside = None,
    seed: Seed = 0,
    metric: Metric = None,
    task: Task = None,
    type_: Types = None,
    group: Group = None,
    time: LaterHeldOut = None,
    image_size: ImageSize = None,
    as_json: Json = False,
) -> None:
    """Say which kinds of model fit your data, why, and what each would cost here. Takes seconds."""
    from whet.cli.running import watched
    from whet.comparing.api import advise as run

    with watched(None) as (observer, _):
        advice = run(
            source,
            target=target,
            test=test,
            seed=seed,
            metric=metric,
            task=task,
            types=column_types(type_ or []),
            group=group,
            time=time,
            image_size=image_size,
            observer=observer,
        )
    if as_json:
        print(json.dumps(advice.to_dict(), indent=2))
    else:
        _show(advice)


def _show(advice: Advice) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else 160)
    for line in _facts(advice.look):
        console.print(line)
    table = Table(title="Which kinds of model fit", title_justify="left")
    for name in ("family", "verdict", "why", "rule from"):
        table.add_column(name)
    for verdict in advice.verdicts:
        table.add_row(verdict.family, verdict.verdict, Text("; ".join(verdict.why)), Text(verdict.source))
    console.print(table)
    if any(option.pace for option in advice.options):
        console.print(_costs(advice.options))
    for sentence in (*advice.sentences, advice.pretrained):
        console.print(sentence)


def _costs(options: tuple[Option, ...]) -> object:
    from rich.table import Table

    from whet.report.amounts import duration, number

    title = "What networks would cost here (from a few steps on one thread; about)"
    table = Table(title=title, title_justify="left")
    for name in ("family", "model", "parameters", "an epoch", "epochs", "a training", "peak MB"):
        table.add_column(name, justify="left" if name in ("family", "model") else "right")
    for option in options:
        pace = option.pace
        if pace is not None:
            cells = [number(pace.num_parameters), duration(pace.epoch_s), number(pace.epochs)]
            table.add_row(option.family, option.title, *cells, duration(pace.training_s), number(pace.memory_mb))
    return table


def _facts(look: Look) -> list[str]:
    sizes = f"{look.num_train:,} training and {look.num_valid:,} validation examples, {look.num_sealed:,} sealed"
    lines = [f"{look.modality} examples: {sizes}"]
    if look.class_counts:
        lines.append(f"{len(look.class_counts)} classes of {min(look.class_counts):,} to {max(look.class_counts):,}")
    if look.typical_length is not None and look.long_length is not None:
        unit = "words" if look.modality == "text" else "steps"
        lines.append(f"half are longer than {look.typical_length:,.0f} {unit}, one in 20 than {look.long_length:,.0f}")
    if look.covered is not None:
        lines.append(f"{100 * look.covered:.1f} % of the words in validation texts occur in training texts")
    if look.image_size is not None:
        lines.append("pictures of {} x {} pixels, {} channels".format(*look.image_size))
    if look.duplicate_share:
        lines.append(f"{100 * look.duplicate_share:.1f} % of the examples have a near-duplicate")
    for step in look.curve:
        span = f"{step.low:.4g} to {step.high:.4g}"
        lines.append(f"{look.baseline}, {step.num_train:,} examples: {look.metric_title} {step.score:.4g} ({span})")
    return lines
