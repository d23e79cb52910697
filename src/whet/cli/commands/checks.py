"""whet checks: what an audit looks for, and the thresholds that can be set."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from whet.auditing.describing import Described

__all__ = ["add_to"]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(name="checks")(checks)


def checks(
    name: Annotated[str | None, typer.Argument(help="One check, in full.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """List what whet audit looks for, or show one check with its settings."""
    from whet.auditing.describing import described, described_all

    found = described_all() if name is None else (described(name),)
    if as_json:
        print(json.dumps({"checks": [each.to_dict() for each in found]}, indent=2))
    elif name is None:
        _list(found)
    else:
        _show(found[0])


def _list(found: tuple[Described, ...]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title="Checks (whet checks NAME shows one in full)", title_justify="left")
    for heading in ("name", "looks for", "settings"):
        table.add_column(heading)
    for each in found:
        table.add_row(Text(each.name), Text(each.title), Text(", ".join(each.settings)))
    Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else 140).print(table)


def _show(one: Described) -> None:
    print(f"{one.name}: {one.title}\n\n{one.about}\n")
    for setting, value in one.settings.items():
        print(f"  --set {one.name}.{setting}={json.dumps(value)}")
