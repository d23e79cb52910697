"""whet models: what can be trained, when to use it and when not."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from whet.comparing.catalogue import Entry

__all__ = ["add_to"]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(name="models")(models)


def models(
    name: Annotated[str | None, typer.Argument(help="One model, in full.")] = None,
    modality: Annotated[str | None, typer.Option(help="image, text, series or table.")] = None,
    family: Annotated[str | None, typer.Option(help="For example cnn, transformer, trees, linear.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """List the models that Whet can train, or show one in full."""
    from whet.comparing.catalogue import catalogue, entry

    if name is not None:
        one = entry(name)
        print(json.dumps(one.to_dict(), indent=2)) if as_json else _show(one)
        return
    entries = catalogue(modality=modality, family=family)
    if as_json:
        print(json.dumps({"models": [e.to_dict() for e in entries]}, indent=2))
    else:
        _list(entries)


def _list(entries: tuple[Entry, ...]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title="Models (whet models NAME shows one in full)", title_justify="left")
    for heading in ("name", "family", "reads", "parameters", "sees", "use it for", "not for"):
        table.add_column(heading, justify="right" if heading == "parameters" else "left")
    for each in entries:
        cells = [each.name, ", ".join(each.families), ", ".join(each.modalities), _size(each), _sees(each)]
        table.add_row(*(Text(c) for c in (*cells, each.helps, each.hurts)))
    Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else 200).print(table)


def _show(one: Entry) -> None:
    lines = [
        ("family", ", ".join(one.families)),
        ("reads", ", ".join(one.modalities)),
        ("use it for", one.helps),
        ("not for", one.hurts),
        ("source", one.source),
        ("differs", one.differs),
        ("parameters", _size(one) + (f" ({one.reference})" if one.reference else "")),
        ("sees", _sees(one)),
        *((f"setting {key}", f"{value!r} by default") for key, value in one.settings.items()),
    ]
    print(f"{one.name}: {one.what}")
    for label, text in lines:
        if text:
            print(f"  {label}: {text}")


def _size(one: Entry) -> str:
    if one.num_parameters is not None:
        return f"{one.num_parameters:,}"
    return "of the pretrained body" if one.needs_backbone else "by the data"


def _sees(one: Entry) -> str:
    if not one.is_network:
        return ""
    unit = {"image": "pixels", "text": "tokens", "series": "steps"}.get(one.modalities[0], "columns")
    if one.receptive_field is not None:
        return f"{one.receptive_field:,} {unit}"
    return f"all {unit}" if one.receptive_field_is_all else ""
