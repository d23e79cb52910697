"""Before, default and after on the sealed test, each with its interval."""

from __future__ import annotations

from markupsafe import Markup

from whet.report.amounts import score
from whet.report.data import ReportData
from whet.report.plots.canvas import BLUE, GREEN, GREY, INK, dress, figure, image, plain_numbers, shown_label

__all__ = ["draw"]


def draw(data: ReportData) -> Markup:
    """One dot with whiskers per model."""
    lines = [(data.before, GREY), *([(data.default, BLUE)] if data.default else []), (data.after, GREEN)]
    drawn = figure(1060, 62 + 34 * len(lines))
    axes = drawn.subplots()
    for i, (line, colour) in enumerate(lines):
        axes.plot([line.low, line.high], [i, i], color=colour, linewidth=3, alpha=0.45, solid_capstyle="round")
        axes.plot([line.score], [i], "o", color=colour, markersize=9)
        span = f"{score(line.score, data.unit)}  ({score(line.low, data.unit)} to {score(line.high, data.unit)})"
        axes.text(1.01, i, span, transform=axes.get_yaxis_transform(), va="center", fontsize=9.5, color=INK)
    names = [shown_label(line.name, longest=46) for line, _ in lines]
    axes.set_yticks(range(len(lines)), names)
    axes.set_ylim(len(lines) - 0.5, -0.5)
    part = "sealed test" if data.after.part == "test" else "validation"
    dress(axes, x=f"{data.metric_title}, {part}", grid="x")
    if data.unit == "target":
        plain_numbers(axes.xaxis)
    axes.tick_params(axis="y", labelsize=9.5, length=0)
    return image(drawn, f"{data.metric_title} of the simple baseline, the default recipe and what was handed over")
