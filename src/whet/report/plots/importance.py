"""Permutation importance: what each column of a table is worth to the model, with intervals."""

from __future__ import annotations

import math

from markupsafe import Markup

from whet.report.amounts import difference
from whet.report.data import ReportData
from whet.report.plots.canvas import BLUE, GREY, INK, dress, figure, image, plain_numbers, shown_label

__all__ = ["draw"]

MOST = 20  # columns drawn, the most important ones


def draw(data: ReportData) -> Markup:
    """One dot with whiskers per column; grey where the interval holds zero."""
    rows = [row for row in data.importance if math.isfinite(row["drop"])][:MOST]
    if not rows:
        return Markup("")
    drawn = figure(1060, 62 + 26 * len(rows))
    axes = drawn.subplots()
    axes.axvline(0.0, color=GREY, linewidth=1)
    for i, row in enumerate(rows):
        colour = BLUE if row["low"] > 0 else GREY
        axes.plot([row["low"], row["high"]], [i, i], color=colour, linewidth=3, alpha=0.45, solid_capstyle="round")
        axes.plot([row["drop"]], [i], "o", color=colour, markersize=7)
        amount = difference(row["drop"], data.unit)
        axes.text(1.01, i, amount, transform=axes.get_yaxis_transform(), va="center", fontsize=9, color=INK)
    axes.set_yticks(range(len(rows)), [shown_label(str(row["column"]), longest=34) for row in rows])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    dress(axes, x=f"loss of {data.metric_title} when shuffled", grid="x")
    if data.unit == "target":
        plain_numbers(axes.xaxis)
    axes.tick_params(axis="y", labelsize=9, length=0)
    left_out = len(data.importance) - len(rows)
    alt = "Loss of score when one column is shuffled" + (f"; {left_out} further columns not drawn" if left_out else "")
    return image(drawn, alt)
