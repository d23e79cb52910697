"""The command line: a thin skin over the API. Heavy imports happen inside the commands."""

from __future__ import annotations

import json
import sys

import typer

from whet.cli.commands import (
    advise,
    audit,
    bench,
    checks,
    compare,
    diagnose,
    embed,
    evaluate,
    improve,
    ledger,
    models,
    predict,
    pretrain,
    report,
    tune,
)
from whet.errors import WhetError

__all__ = ["app", "main"]

STOPPED = "stopped; the best model so far is kept. Continue with: whet improve --resume RUN"

app = typer.Typer(
    name="whet",
    help="Sharpens deep-learning models: finds what holds them back, tries remedies, proves which helped.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for _command in (
    improve,
    audit,
    diagnose,
    predict,
    evaluate,
    report,
    ledger,
    compare,
    advise,
    models,
    checks,
    embed,
    pretrain,
    tune,
    bench,
):
    _command.add_to(app)


def _show_version(wanted: bool) -> None:
    if wanted:
        from whet import __version__

        print(f"whet {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(False, "--version", callback=_show_version, is_eager=True, help="Show it and exit."),
) -> None: ...


def main() -> None:
    """Run the command line; exit codes: 0 done, 1 ran but a check failed, 2 bad input, 130 stopped by a signal."""
    from whet.training.interrupted import Interrupted

    try:
        app()
    except WhetError as fault:
        if "--json" in sys.argv:
            print(json.dumps({"error": {"kind": type(fault).__name__, "message": str(fault)}}))
        print(f"whet: {fault}", file=sys.stderr)
        sys.exit(2)
    except Interrupted as stop:
        print(f"whet: {str(stop) or STOPPED}", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
