"""Options that several commands share: one wording for each."""

from __future__ import annotations

from typing import Annotated

import typer

from whet.errors import ConfigError

__all__ = [
    "Device",
    "Download",
    "Group",
    "ImageSize",
    "Metric",
    "Seed",
    "Source",
    "Target",
    "Task",
    "TrustCode",
    "Types",
    "column_types",
]

Source = Annotated[str, typer.Argument(help="As for whet improve.")]
Target = Annotated[str | None, typer.Option(help="Column to predict.")]
Seed = Annotated[int, typer.Option(help="Every random draw follows from it.")]
Metric = Annotated[str | None, typer.Option(help="Primary metric; chosen from the data when not given.")]
Task = Annotated[str | None, typer.Option(help="For example text_classification; inferred when not given.")]
Types = Annotated[list[str] | None, typer.Option("--type", help="COL=KIND, to override an inferred kind.")]
Group = Annotated[str | None, typer.Option(help="Column whose equal values stay on one side of a split.")]
ImageSize = Annotated[int | None, typer.Option(help="Longer side of the pictures for training, in pixels.")]
Device = Annotated[str, typer.Option(help="cpu, cuda, cuda:1 ...")]
Download = Annotated[bool, typer.Option(help="Fetch the backbone from its hub when it is not here.")]
TrustCode = Annotated[bool, typer.Option(help="Let a PyTorch Hub repository run its code.")]


def column_types(pairs: list[str]) -> dict[str, str]:
    """Kinds by column from ``COL=KIND`` pairs.

    >>> column_types(["zip=category"])
    {'zip': 'category'}
    """
    for pair in pairs:
        if "=" not in pair:
            raise ConfigError(f"--type takes COL=KIND, for example zip=category; got {pair!r}.")
    return dict(pair.rsplit("=", 1) for pair in pairs)
