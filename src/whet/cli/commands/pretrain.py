"""whet pretrain: a backbone of one's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from whet.cli.asking import Device, ImageSize, Seed, Task, Types, column_types

__all__ = ["add_to"]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(name="pretrain")(pretrain)


def pretrain(
    source: Annotated[list[str], typer.Argument(help="One source or several of one kind, each as for whet improve.")],
    out: Annotated[Path, typer.Option(help="Folder of the backbone, new or empty.")],
    target: Annotated[str | None, typer.Option(help="Column with labels to learn from, where there are any.")] = None,
    text: Annotated[str | None, typer.Option(help="Column with the texts; the only one when not given.")] = None,
    budget: Annotated[str | None, typer.Option(help="Wall clock for everything: 90s, 10m, 1h. [default: 10m]")] = None,
    epochs: Annotated[
        float | None, typer.Option(help="Length of the training, instead of a budget or below it.")
    ] = None,
    objective: Annotated[
        str, typer.Option(help="auto, masked, contrastive, rotation or supervised; several joined by +.")
    ] = "auto",
    architecture: Annotated[str | None, typer.Option(help="Network; see whet models. Chosen when not given.")] = None,
    seed: Seed = 0,
    task: Task = None,
    type_: Types = None,
    image_size: ImageSize = None,
    device: Device = "cpu",
    as_json: Annotated[bool, typer.Option("--json", help="Print backbone.json on standard output.")] = False,
) -> None:
    """Train a body on your own data, with or without labels, that later runs can start from."""
    from whet.cli.running import watched
    from whet.pretraining.api import pretrain as pretrain_body

    with watched(out) as (observer, stop):
        path = pretrain_body(
            source,
            out=out,
            target=target,
            text=text,
            budget=budget or (None if epochs else "10m"),
            epochs=epochs,
            objective=objective,
            architecture=architecture,
            seed=seed,
            task=task,
            types=column_types(type_ or []),
            image_size=image_size,
            device=device,
            observer=observer,
            should_stop=stop,
        )
    _finish(path, as_json)


def _finish(path: Path, as_json: bool) -> None:
    content = json.loads((path / "backbone.json").read_text(encoding="utf-8"))
    if as_json:
        print(json.dumps({**content, "out": str(path)}, indent=2))
        return
    print(content["title"])
    for line in content["lines"]:
        print(f"  {line}")
    print(f"backbone: {path} ({content['num_parameters']:,} parameters)")
    print(f"use it:   whet improve SOURCE --backbone {path}")
