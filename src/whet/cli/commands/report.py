"""whet report: write the page of a run again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["add_to"]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(name="report")(report)


def report(
    run: Annotated[Path, typer.Argument(help="Folder of a run.")],
    as_json: Annotated[bool, typer.Option("--json", help="Say where the page is as one JSON document.")] = False,
) -> None:
    """Rewrite RUN/report.html from what the run stored."""
    from whet.api import rewrite_report

    path = rewrite_report(run)
    print(json.dumps({"report": str(path)}) if as_json else f"report: {path}")
