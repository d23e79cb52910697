"""whet bench: what this machine does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from whet.training.speed_bench import SpeedReport

__all__ = ["add_to"]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    bench = typer.Typer(help="Measure this machine.", no_args_is_help=True)
    bench.callback()(_about)  # with one command alone Typer would leave its name out
    bench.command(name="speed")(speed)
    app.add_typer(bench, name="bench")


def _about() -> None:
    """Measure this machine."""


def speed(
    net: Annotated[str, typer.Option(help="small (table), medium (28 x 28 pictures) or large (32 x 32).")] = "medium",
    budget: Annotated[str, typer.Option(help="Wall clock: 30s, 2m.")] = "30s",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Time every precision, layout, thread count and batch size against what processor and memory allow.

    Exit code 1 where the setting that the trainer would choose is more than 1.3 times as slow as the fastest.
    """
    from whet.budget import parse_budget
    from whet.errors import ConfigError, did_you_mean
    from whet.training.speed_bench import bench_speed
    from whet.training.speed_nets import bench_nets

    nets, seconds = bench_nets(), parse_budget(budget)
    if net not in nets:
        raise ConfigError(f"--net {net!r} is not known. {did_you_mean(net, list(nets))}")
    if not 1 <= seconds <= 3600:
        raise ConfigError(f"--budget must be from 1s to 1h; got {budget!r}.")
    report = bench_speed(net, nets[net], budget_s=seconds)
    if as_json:
        print(json.dumps(report.to_dict(), indent=2))
    else:
        _show(report)
    if not report.is_close:
        raise typer.Exit(1)


def _show(report: SpeedReport) -> None:
    from rich.table import Table

    from whet.cli.showing import console

    print(f"{report.title}; the fastest of up to {report.num_rounds} steps counts")
    for (precision, count), rate in report.limits.operations.items():
        bandwidth = report.limits.bandwidth[count] / 1e9
        print(f"  limit, {count} thread(s), {precision}: {rate / 1e9:.0f} GFLOP/s, memory {bandwidth:.1f} GB/s")
    table = Table()
    for name in ("batch", "precision", "layout", "threads", "step ms", f"{report.unit}/s", "of the limit", ""):
        table.add_column(name, justify="left" if name in ("precision", "layout", "") else "right")
    for row in report.rows:
        layout = "channels last" if row.channels_last else "channels first"
        shown = [str(row.batch_size), row.precision, layout, str(row.num_threads)]
        if row.step_s is None or row.per_s is None or row.share_of_limit is None:
            table.add_row(*shown, "", "", "", row.error or "")
            continue
        figures = [f"{1e3 * row.step_s:.2f}", f"{row.per_s:,.0f}", f"{row.share_of_limit:.0%}"]
        table.add_row(*shown, *figures, "the trainer's choice" if row.is_chosen else "")
    console().print(table)
    for size, ratio in report.ratios.items():
        print(f"batch {size}: the trainer's choice takes {ratio:.2f} times the fastest step (goal: at most 1.30)")
