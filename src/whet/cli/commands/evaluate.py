"""whet evaluate: scores with intervals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["add_to"]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(name="evaluate")(evaluate)


def evaluate(
    model: Annotated[Path, typer.Argument(help="A bundle, or the run folder that holds it.")],
    source: Annotated[str, typer.Argument(help="Examples with their target.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> None:
    """Score a model on examples whose target is known, with 95 % intervals."""
    from whet import api
    from whet.cli.showing import print_scores

    result = api.evaluate(api.load(model), source)
    if as_json:
        print(json.dumps(result, indent=2))
    else:
        print_scores(result)
