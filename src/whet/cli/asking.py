"""Options that several commands share: one wording for each."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from whet.errors import ConfigError
from whet.ledger.database import without_password

__all__ = [
    "Device",
    "Download",
    "Group",
    "ImageSize",
    "Json",
    "LaterHeldOut",
    "LaterTested",
    "Margin",
    "Metric",
    "NewRun",
    "OldRun",
    "OwnModel",
    "Seed",
    "Source",
    "Strict",
    "Target",
    "Task",
    "TestOpenedOnce",
    "TestSetAside",
    "TrustCode",
    "Types",
    "Workers",
    "column_types",
    "num_workers",
    "refuse_beside_resume",
    "typed_command",
]

Source = Annotated[str, typer.Argument(help="As for whet improve.")]
Target = Annotated[str | None, typer.Option(help="Column to predict.")]
Seed = Annotated[int, typer.Option(help="Every random draw follows from it.")]
Metric = Annotated[str | None, typer.Option(help="Primary metric; chosen from the data when not given.")]
Task = Annotated[str | None, typer.Option(help="For example text_classification; inferred when not given.")]
Types = Annotated[list[str] | None, typer.Option("--type", help="COL=KIND, to override an inferred kind.")]
TestOpenedOnce = Annotated[
    str | None, typer.Option("--test", help="Source with the test examples, opened once at the end.")
]
TestSetAside = Annotated[
    str | None, typer.Option("--test", help="Source with test examples: set aside, and not opened.")
]
LaterTested = Annotated[str | None, typer.Option("--time", help="Column to split by: later examples are tested on.")]
LaterHeldOut = Annotated[str | None, typer.Option("--time", help="Column to split by: later examples are held out.")]
Group = Annotated[str | None, typer.Option(help="Column whose equal values stay on one side of a split.")]
ImageSize = Annotated[int | None, typer.Option(help="Longer side of the pictures for training, in pixels.")]
Device = Annotated[str, typer.Option(help="cpu, cuda, cuda:1 ...")]
Download = Annotated[bool, typer.Option(help="Fetch the backbone from its hub when it is not here.")]
NewRun = Annotated[
    Path | None, typer.Option("--out", help="Folder of the run, new or empty. Default: runs/<name of the source>.")
]
OldRun = Annotated[Path | None, typer.Option("--resume", help="Continue the run in this folder, as it was begun.")]
OwnModel = Annotated[
    str | None, typer.Option("--model", help="Your own network, package.module:factory or file.py:factory.")
]
Margin = Annotated[float | None, typer.Option(help="Smallest gain worth adopting, in the metric's unit.")]
Strict = Annotated[bool, typer.Option(help="Spend the error budget under any dependence between rows.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")]
Workers = Annotated[
    str, typer.Option("--workers", help="Trainings side by side, in processes: a number, or auto (one per core).")
]
TrustCode = Annotated[bool, typer.Option(help="Let a PyTorch Hub repository run its code.")]


def refuse_beside_resume(context: typer.Context, *allowed: str) -> None:
    """A run that goes on has its settings: whatever else was typed beside ``--resume`` would be ignored.

    ``allowed``: names of parameters that mean something then, beside ``resume`` itself and ``as_json``.
    """
    for parameter in context.command.params:
        name = parameter.name or ""
        source = context.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE" and name not in ("resume", "as_json", *allowed):
            option = parameter.opts[0] if parameter.param_type_name == "option" else name.upper()
            raise ConfigError(
                f"--resume continues a run with the source and the settings it was begun with; {option} cannot be "
                "given beside it. Leave it out, or begin a new run."
            )


def num_workers(text: str) -> int | str:
    """``--workers`` as Python takes it; what is neither a number nor "auto" is refused there, with its range.

    >>> num_workers("2"), num_workers("auto"), num_workers("many")
    (2, 'auto', 'many')
    """
    return int(text) if text.isdecimal() else text


def typed_command() -> str:
    """What was typed, without the password of a database."""
    return shlex.join(without_password(word) if "://" in word else word for word in ["whet", *sys.argv[1:]])


def column_types(pairs: list[str]) -> dict[str, str]:
    """Kinds by column from ``COL=KIND`` pairs.

    >>> column_types(["zip=category"])
    {'zip': 'category'}
    """
    for pair in pairs:
        if "=" not in pair:
            raise ConfigError(f"--type takes COL=KIND, for example zip=category; got {pair!r}.")
    return dict(pair.rsplit("=", 1) for pair in pairs)
