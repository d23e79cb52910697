"""whet audit: what is wrong with the data, what it costs, and a cleaned copy."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from whet.budget import parse_budget
from whet.cli.asking import ImageSize, Seed, Source, Target, Task, Types, column_types
from whet.errors import ConfigError

if TYPE_CHECKING:
    from whet.auditing.check import Check

__all__ = ["add_to"]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(name="audit")(audit)


def audit(
    source: Source,
    target: Target = None,
    test: Annotated[str | None, typer.Option(help="Source of test examples: looked at for copies and shift.")] = None,
    group: Annotated[str | None, typer.Option(help="Column of groups that no split should tear apart.")] = None,
    time: Annotated[str | None, typer.Option(help="Column of times; the test should come after the training.")] = None,
    sensitive: Annotated[list[str] | None, typer.Option(help="Column of groups of people to compare.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the page. Default: audits/<name>.")] = None,
    fix: Annotated[Path | None, typer.Option(help="New folder for a cleaned copy with changes.csv.")] = None,
    labels: Annotated[str, typer.Option(help="Suspected labels in the copy: review, drop or relabel.")] = "review",
    review: Annotated[Path | None, typer.Option(help="A review.csv with your decisions, to apply.")] = None,
    check: Annotated[list[str] | None, typer.Option(help="Only this check; repeat for more.")] = None,
    check_file: Annotated[Path | None, typer.Option(help="Python file with further checks of your own.")] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", help="CHECK.SETTING=VALUE, for a threshold.")] = None,
    budget: Annotated[str, typer.Option(help="Wall clock; only as much is used as the data need.")] = "4m",
    seed: Seed = 0,
    task: Task = None,
    type_: Types = None,
    image_size: ImageSize = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as one JSON document.")] = False,
) -> None:
    """Find what is wrong with the data (whet checks lists what is looked for); exit code 1 if anything is severe."""
    from whet.auditing.api import audit as run
    from whet.cli.running import watched
    from whet.data.sources import describe_source
    from whet.files import free_folder

    folder = out if out is not None else free_folder("audits", describe_source(source), otherwise="audit")
    with watched(None) as (observer, _):
        observer.begin(budget_s=parse_budget(budget), elapsed_s=0.0, title=f"audit of {source}")
        found = run(
            source,
            target=target,
            test=test,
            group=group,
            time=time,
            sensitive=tuple(sensitive or ()),
            checks=check,
            also=_checks_in(check_file),
            settings=check_settings(set_ or []),
            budget=budget,
            out=folder,
            fix=fix,
            labels=labels,
            review=review,
            task=task,
            types=column_types(type_ or []),
            image_size=image_size,
            seed=seed,
            watcher=observer,
        )
    if as_json:
        print(json.dumps({**found.to_dict(), "out": str(folder)}, indent=2, default=str))
    else:
        from whet.cli.showing_audit import print_findings

        print_findings(found, folder)
    if found.is_severe:
        raise typer.Exit(1)


def _checks_in(path: Path | None) -> Sequence[Check]:
    if path is None:
        return ()
    from whet.auditing.checks_from_file import checks_from_file

    return checks_from_file(path)


def check_settings(pairs: list[str]) -> dict[str, dict[str, Any]]:
    """Settings by check from ``CHECK.SETTING=VALUE``; values are read as JSON where they are.

    >>> check_settings(["label_errors.precision=0.9", "class_imbalance.ratio=5"])
    {'label_errors': {'precision': 0.9}, 'class_imbalance': {'ratio': 5}}
    """
    settings: dict[str, dict[str, Any]] = {}
    for pair in pairs:
        name, _, value = pair.partition("=")
        check, dot, setting = name.partition(".")
        if not dot or not value:
            raise ConfigError(f"--set takes CHECK.SETTING=VALUE, for example class_imbalance.ratio=5; got {pair!r}.")
        try:
            settings.setdefault(check, {})[setting] = json.loads(value)
        except ValueError:
            settings.setdefault(check, {})[setting] = value
    return settings
