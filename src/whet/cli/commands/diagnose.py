"""whet diagnose: why a model does badly, and what to change."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from whet.cli.asking import ImageSize, Seed, Target, Task, Types, column_types
from whet.errors import ConfigError

if TYPE_CHECKING:
    from whet.diagnosis.diagnosis import Diagnosis

__all__ = ["add_to"]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(name="diagnose")(diagnose)


def diagnose(
    what: Annotated[
        str,
        typer.Argument(metavar="TARGET", help="Your network as package.module:factory, or the folder of a Whet run."),
    ],
    source: Annotated[str | None, typer.Argument(help="Data, as for whet improve; not for a run.")] = None,
    target: Target = None,
    budget: Annotated[str, typer.Option(help="Wall clock for everything: 30s, 2m.")] = "30s",
    prove: Annotated[bool, typer.Option(help="Train a corrected copy with the time that is left.")] = True,
    out: Annotated[Path | None, typer.Option(help="Folder for diagnosis.html and diagnosis.json.")] = None,
    rule: Annotated[list[str] | None, typer.Option(help="Only this rule; repeat for more.")] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", help="RULE.SETTING=VALUE, for a threshold.")] = None,
    seed: Seed = 0,
    task: Task = None,
    type_: Types = None,
    image_size: ImageSize = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the diagnosis as one JSON document.")] = False,
) -> None:
    """Say what is wrong with a training, on what evidence, and what to change; exit code 1 if anything is severe."""
    if Path(what).is_dir():
        return _explain_run(Path(what), source, as_json)
    if ":" not in what:
        raise ConfigError(
            f"{what!r} is neither the folder of a run nor a factory. "
            "Write whet diagnose RUN, or whet diagnose package.module:factory SOURCE --target COLUMN."
        )
    if source is None:
        raise ConfigError(f"{what} needs data to be trained on: whet diagnose {what} SOURCE --target COLUMN")

    from whet.budget import parse_budget
    from whet.cli.commands.audit import check_settings
    from whet.diagnosis.api import checked_folder, diagnose_setup
    from whet.diagnosis.judging import chosen_rules

    wanted = chosen_rules(rule, check_settings(set_ or []))
    seconds = parse_budget(budget)
    folder = None if out is None else checked_folder(out)

    from whet.improving.own_setup import own_setup

    setup = own_setup(
        what, source, target=target, task=task, types=column_types(type_ or []), image_size=image_size, seed=seed
    )
    return _finish(diagnose_setup(setup, budget_s=seconds, prove=prove, wanted=wanted), folder, as_json)


def _finish(report: Diagnosis, folder: Path | None, as_json: bool) -> None:
    from whet.cli.showing import console

    if folder is not None:
        report.save(folder)
    if as_json:
        print(report.to_json())
    else:
        out = console()
        out.print(str(report), soft_wrap=True)
        if folder is not None:
            out.print(f"page: {folder / 'diagnosis.html'}", soft_wrap=True)
    if report.is_severe:
        raise typer.Exit(1)


def _explain_run(run: Path, source: str | None, as_json: bool) -> None:
    from whet.cli.showing_diagnosis import print_run
    from whet.improving.explaining_run import diagnose_run

    if source is not None:
        raise ConfigError(f"{run} is the folder of a run, which has its data; pass no SOURCE beside it.")
    print_run(diagnose_run(run), as_json=as_json)
