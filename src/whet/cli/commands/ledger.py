"""whet ledger: what was tried and what it was worth."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["add_to"]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(name="ledger")(ledger)


def ledger(
    run: Annotated[Path, typer.Argument(help="Folder of a run, finished or not.")],
    as_json: Annotated[bool, typer.Option("--json", help="All columns as one JSON document.")] = False,
) -> None:
    """Print the ledger of a run."""
    from whet import api
    from whet.cli.showing import print_ledger

    opened = api.open_run(run)
    if as_json:
        print(json.dumps(opened.rows, indent=2))
    else:
        print_ledger(opened.rows, None)
