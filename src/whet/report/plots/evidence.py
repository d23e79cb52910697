"""The evidence of a finding: lines over steps, or bars by category, beside the level that the rule compares with."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

from whet.finding import Line, Plot
from whet.report.amounts import number
from whet.report.plots.canvas import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    RED,
    SKY,
    dress,
    figure,
    image,
    plain_numbers,
    shown_label,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw"]

COLOURS = (BLUE, ORANGE, GREEN, SKY, "#CC79A7", GREY, "#5B8C5A", INK)
WIDE = 100  # times the median: beyond it a linear axis shows one value only
MOST_LINES, MOST_POINTS, MOST_BARS = len(COLOURS), 1000, 24
WIDTH, HEIGHT = 520, 290


def draw(plot: Plot, *, width: int = WIDTH) -> Markup:
    """Nothing where no value is a finite number."""
    lines = [line for line in plot.lines if any(map(math.isfinite, line.y))][:MOST_LINES]
    if not lines:
        return Markup("")
    in_words = any(isinstance(x, str) for line in lines for x in line.x)
    categories = list(dict.fromkeys(str(x) for line in lines for x in line.x))[:MOST_BARS] if in_words else []
    drawn = figure(width, max(HEIGHT, 90 + 24 * len(categories)) if in_words else HEIGHT)
    axes = drawn.subplots()
    log = _is_positive(lines) and (plot.log_y or _is_wide(lines))
    title = plot.title[:1].upper() + plot.title[1:]
    if in_words:
        _bars(axes, lines, categories, plot.threshold, log)
        dress(axes, title=title, x=plot.y, y=plot.x, grid="x")
        axes.tick_params(axis="y", length=0)
    else:
        _lines(axes, lines, plot.threshold, log)
        dress(axes, title=title, x=plot.x, y=plot.y)
        plain_numbers(axes.xaxis)
    if len(lines) > 1 or plot.threshold is not None:
        handles, _ = axes.get_legend_handles_labels()
        drawn.legend(handles=handles, frameon=False, fontsize=8, loc="outside lower left", ncols=3)  # covers no value
    if not log:
        plain_numbers(axes.xaxis if in_words else axes.yaxis)
    return image(drawn, f"{plot.title}: {plot.y} by {plot.x}")


def _lines(axes: Axes, lines: Sequence[Line], threshold: float | None, log: bool) -> None:
    if log:
        axes.set_yscale("log")
    for line, colour in zip(lines, COLOURS, strict=False):
        x, y = np.asarray(line.x, dtype=np.float64), np.asarray(line.y, dtype=np.float64)
        kept = np.unique(np.linspace(0, len(x) - 1, min(len(x), MOST_POINTS)).round().astype(np.int64))
        y = np.where(np.isfinite(y), y, np.nan)[kept]
        dots = "o" if len(kept) < 25 else ""
        axes.plot(x[kept], y, marker=dots, markersize=4, color=colour, label=_label(line.name), linewidth=1.6)
    if threshold is not None and math.isfinite(threshold) and (threshold > 0 or not log):
        axes.axhline(threshold, color=RED, linestyle="--", linewidth=1.2, label=f" threshold {number(threshold)}")


def _bars(axes: Axes, lines: Sequence[Line], categories: list[str], threshold: float | None, log: bool) -> None:
    height = 0.72 / len(lines)
    for i, (line, colour) in enumerate(zip(lines, COLOURS, strict=False)):
        held = [(categories.index(str(x)), y) for x, y in zip(line.x, line.y, strict=True) if str(x) in categories]
        places = [place + (i - (len(lines) - 1) / 2) * height for place, _ in held]
        lengths = [y if math.isfinite(y) else 0.0 for _, y in held]
        axes.barh(places, lengths, height=height, color=colour, label=_label(line.name))
    if log:
        axes.set_xscale("log")
    axes.set_yticks(range(len(categories)), [shown_label(name, longest=30) for name in categories])
    axes.set_ylim(len(categories) - 0.4, -0.6)
    if threshold is not None and math.isfinite(threshold) and (threshold > 0 or not log):
        axes.axvline(threshold, color=RED, linestyle="--", linewidth=1.2, label=f" threshold {number(threshold)}")


def _label(name: str) -> str:
    """A label that begins with _ would be left out of the legend."""
    return f" {shown_label(name, longest=30)}"


def _is_positive(lines: Sequence[Line]) -> bool:
    return all(y > 0 for line in lines for y in line.y if math.isfinite(y))


def _is_wide(lines: Sequence[Line]) -> bool:
    values = [y for line in lines for y in line.y if math.isfinite(y)]
    return max(values) > WIDE * float(np.median(values))
