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
    """Accuracy of the best trial so far, by method: on the part that is searched, and (dashed) on the test part."""
    tasks = {name: row for name, row in result.items() if isinstance(row, dict) and "std_at_end" in row}
    figure = Figure(figsize=(3.6 * len(tasks), 2.8), layout="constrained")
    for axes, (name, row) in zip(_row(figure, len(tasks)), tasks.items(), strict=True):
        for way, curve in row["valid"].items():
            axes.plot(range(1, len(curve) + 1), curve, color=COLOURS[way], label=way)
            axes.plot(range(1, len(curve) + 1), row["test"][way], "--", color=COLOURS[way], alpha=0.6)
        curves = [*row["valid"].values(), *row["test"].values()]
        axes.set_ylim(min(curve[len(curve) // 6] for curve in curves), max(map(max, curves)) + 0.003)
        _dress(axes, name.replace("_", " "), "trials", "accuracy of the best")
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
        axes.set_xticks(ticks := [round(s) for s in seconds], labels=[str(s) for s in ticks])
        axes.minorticks_off()
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
