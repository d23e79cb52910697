"""Tables and sentences for a terminal; they go to standard output."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

__all__ = ["console", "print_ledger", "print_runs", "print_scores", "print_verdict"]

COLOURS = {"adopted": "green", "harmful": "red", "failed": "red"}


def print_ledger(rows: Sequence[dict[str, Any]], metric: str | None) -> None:
    """One line per row: what was tried, before, after, gain with its interval, verdict."""
    table = Table(title="Ledger" + (f" ({metric})" if metric else ""), title_justify="left")
    for name in ("stage", "what", "before", "after", "gain", "95 % interval"):
        table.add_column(name, justify="left" if name in ("stage", "what") else "right")
    table.add_column("verdict")
    table.add_column("s", justify="right")
    for row in rows:
        verdict = row["verdict"] or "registered, not decided"
        interval = f"{_figure(row['low'], '+')} to {_figure(row['high'], '+')}" if row["low"] is not None else ""
        table.add_row(
            row["stage"],
            Text(str(row["change"])),
            _figure(row["before"]),
            _figure(row["after"]),
            _figure(row["gain"], "+"),
            interval,
            Text(verdict, style=COLOURS.get(verdict, "")),
            "" if row["seconds"] is None else f"{row['seconds']:.1f}",
        )
    console().print(table)


def print_runs(runs: Sequence[dict[str, Any]]) -> None:
    """One line per run of a shared database."""
    table = Table(title="Runs that share a ledger", title_justify="left")
    names = ("name", "run", "kind", "data", "metric", "begun", "last row", "rows", "adopted", "test opened")
    for name in names:
        table.add_column(name, justify="right" if name in ("rows", "adopted", "test opened") else "left")
    for run in runs:
        last = (run["last_at"] or "")[:19]
        table.add_row(
            *(Text(str(cell)) for cell in (run["name"], run["run"][:8], run["kind"], run["fingerprint"][:8])),
            *(Text(str(cell)) for cell in (run["metric"], run["enrolled_at"][:19], last)),
            *(str(run[count]) for count in ("rows", "adopted", "openings")),
        )
    console().print(table)


def print_verdict(summary: dict[str, Any], path: Path) -> None:
    """What the run came to, and where to look."""
    screen = console()
    test, baseline = summary["test"], summary["baseline"]
    if test is None:
        screen.print("The run was stopped: the sealed test stays sealed, the best model so far is in the run folder.")
    else:
        before = f"{_figure(baseline['test_score'])} ({baseline['name']})" if baseline else "no baseline"
        screen.print(
            f"{summary['metric']} on the sealed test: {before} -> {_figure(test['score'])}, "
            f"95 % interval {_figure(test['low'])} to {_figure(test['high'])} ({test['n']:,} examples, "
            f"opened {test['opened']} time{'s' if test['opened'] != 1 else ''})"
        )
    page = path / "report.html"
    drawn = str(page) if page.is_file() else f"not drawn yet; whet report {path}"
    screen.print(f"model:  {path / 'model'}\nreport: {drawn}", soft_wrap=True)


def print_scores(result: dict[str, Any]) -> None:
    """Every metric with its interval."""
    table = Table(title=f"{result['source']}: {result['n']:,} examples", title_justify="left")
    for name in ("metric", "score", "95 % interval"):
        table.add_column(name, justify="left" if name == "metric" else "right")
    for name, figure in result["metrics"].items():
        style = "bold" if name == result["metric"] else ""
        interval = f"{_figure(figure['low'])} to {_figure(figure['high'])}"
        table.add_row(Text(name, style=style), _figure(figure["score"]), interval)
    console().print(table)
    for line in result["left_out"]:
        console().print(Text(f"left out: {line}"))


def _figure(value: float | None, sign: str = "") -> str:
    """Four significant digits; large numbers in full, with separators.

    >>> _figure(0.87654), _figure(42409.2), _figure(355.91, "+")
    ('0.8765', '42,409', '+355.9')
    """
    if value is None:
        return ""
    value = 0.0 if abs(value) < 1e-12 else value  # what averaging leaves of nothing
    return f"{value:{sign},.0f}" if abs(value) >= 1_000 else f"{value:{sign}.4g}"


def console() -> Console:
    """Where results go: as wide as the terminal, or 140 columns into a file."""
    import sys

    width = None if sys.stdout.isatty() else 140
    return Console(highlight=False, markup=False, width=width)
