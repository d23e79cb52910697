"""whet predict: one row per example, in source order."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["add_to"]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(name="predict")(predict)


def predict(
    model: Annotated[Path, typer.Argument(help="A bundle, or the run folder that holds it.")],
    source: Annotated[str, typer.Argument(help="Examples in a form that whet improve takes; no target needed.")],
    out: Annotated[Path, typer.Option(help="CSV file to write.")] = Path("predictions.csv"),
    as_json: Annotated[bool, typer.Option("--json", help="Say what was written as one JSON document.")] = False,
) -> None:
    """Predict every example of SOURCE."""
    from whet import api
    from whet.errors import ConfigError
    from whet.files import write_text
    from whet.spreadsheet import to_csv

    if not out.parent.is_dir():
        raise ConfigError(f"cannot write {out}: the folder {out.parent} does not exist. Create it or change --out.")
    loaded = api.load(model)
    data = loaded.read(source)
    frame = loaded.predict_frame(data)
    try:
        write_text(out, to_csv(frame))
    except OSError as fault:
        raise ConfigError(f"cannot write {out}: {fault.strerror or fault}. Choose another --out.") from fault
    left_out = [f"{p.where}: {p.what}" for p in data.problems if not p.kept]
    for line in left_out:
        print(f"left out: {line}", file=sys.stderr)
    if as_json:
        print(json.dumps({"out": str(out), "rows": len(frame), "left_out": left_out}))
    else:
        print(f"{len(frame):,} predictions in {out}" + (f"; {len(left_out)} left out" if left_out else ""))
