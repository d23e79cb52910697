"""Draw the curves of benchmarks/README.md from the stored results: ``python -m benchmarks plots``."""

from __future__ import annotations

import json
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.storing import RESULTS

COLOURS = {"grid": "#94a3b8", "random": "#d97706", "bayesian": "#0369a1", "first measured": "#94a3b8", "now": "#0369a1"}


def main(arguments: list[str]) -> None:
    """One picture per result that is stored, beside it."""
    for name, draw in {"search_methods": search_methods, "time_to_accuracy": time_to_accuracy}.items():
        path = RESULTS / f"{name}.json"
        if path.is_file():
            drawn = draw(json.loads(path.read_text(encoding="utf-8")))
            drawn.savefig(RESULTS / f"{name}.png", dpi=110, metadata={"Software": None})
            print(f"wrote {RESULTS / name}.png")


def search_methods(result: dict[str, Any]) -> Figure:
    """Test accuracy of the best trial so far, by method."""
    tasks = {name: row for name, row in result.items() if isinstance(row, dict) and "random" in row}
    figure = Figure(figsize=(3.6 * len(tasks), 2.8), layout="constrained")
    for axes, (name, row) in zip(_row(figure, len(tasks)), tasks.items(), strict=True):
        for way in ("grid", "random", "bayesian"):
            axes.plot(range(1, len(row[way]) + 1), row[way], color=COLOURS[way], label=way)
        best = max(max(row[way]) for way in ("grid", "random", "bayesian"))
        axes.set_ylim(min(row[way][len(row[way]) // 6] for way in ("grid", "random", "bayesian")), best + 0.003)
        _dress(axes, name.replace("_", " "), "trials", "test accuracy of the best")
    return figure


def time_to_accuracy(result: dict[str, Any]) -> Figure:
    """Accuracy over the seconds of a training, by data set."""
    by_data: dict[str, dict[str, Any]] = {}
    for name, row in result["rows"].items():
        data, recipe = name.split(", ")
        by_data.setdefault(data, {})[recipe] = row
    figure = Figure(figsize=(4.6 * len(by_data), 3.0), layout="constrained")
    for axes, (data, recipes) in zip(_row(figure, len(by_data)), by_data.items(), strict=True):
        for recipe, row in recipes.items():
            seconds, accuracy = zip(*[(p["seconds"], p["accuracy"]) for p in row["curve"]], strict=True)
            axes.plot(seconds, accuracy, "o-", color=COLOURS[recipe], label=recipe)
        for goal in next(iter(recipes.values()))["seconds_to"]:
            axes.axhline(float(goal), color="#e2e8f0", zorder=0)
        axes.set_xscale("log")
        _dress(axes, data, f"seconds ({result['clock']} time)", "test accuracy")
    return figure


def _row(figure: Figure, count: int) -> list[Axes]:
    return list(figure.subplots(1, count, squeeze=False)[0])


def _dress(axes: Axes, title: str, x: str, y: str) -> None:
    axes.set_title(title, fontsize=10)
    axes.set_xlabel(x, fontsize=9)
    axes.set_ylabel(y, fontsize=9)
    axes.legend(fontsize=8, frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
