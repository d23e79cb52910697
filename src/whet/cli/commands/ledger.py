"""whet ledger: what was tried and what it was worth, in a run folder or in a database that runs share."""

from __future__ import annotations

import json
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any

import typer

from whet.errors import ConfigError

__all__ = ["add_to"]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(name="ledger")(ledger)


def ledger(
    run: Annotated[Path | None, typer.Argument(help="Folder of a run, finished or not.")] = None,
    storage: Annotated[
        str | None, typer.Option(help="Database that runs share, instead of a folder: lists its runs.")
    ] = None,
    name: Annotated[
        str | None,
        typer.Option("--run", help="With --storage: the rows of the runs called so, or of one by its digits."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="All columns as one JSON document.")] = False,
) -> None:
    """Print the ledger of a run, or what a shared database holds."""
    if (run is None) == (storage is None) or (name is not None and storage is None):
        raise ConfigError(
            "whet ledger takes either the folder of a run, or --storage URL, with --run NAME for one run. For example: "
            "whet ledger runs/mine"
        )
    if storage is not None:
        return _shared(storage, name, as_json)
    from whet import api
    from whet.cli.showing import print_ledger

    assert run is not None
    rows = api.open_run(run).rows
    return print(json.dumps(rows, indent=2)) if as_json else print_ledger(rows, None)


def _shared(storage: str, name: str | None, as_json: bool) -> None:
    from whet.cli.showing import console, print_ledger, print_runs
    from whet.ledger.shared import SharedLedger

    shared = SharedLedger(storage, read_only=True)
    found = shared.runs() if name is None else shared.rows(name)
    if as_json:
        print(json.dumps(found, indent=2))
    elif name is None:
        print_runs(found)
    else:
        for run, rows in groupby(found, key=_run):
            console().print(f"run {run}")
            print_ledger(list(rows), None)


def _run(row: dict[str, Any]) -> str:
    return str(row["run"])
