"""How long each step of the run took."""

from __future__ import annotations

from markupsafe import Markup

from whet.report.amounts import duration
from whet.report.data import ReportData
from whet.report.plots.canvas import BLUE, INK, dress, figure, image, shown_label

__all__ = ["draw"]


def draw(data: ReportData) -> Markup:
    """One bar per step, in the order of the run."""
    if not data.timings:
        return Markup("")
    names, seconds = [name for name, _ in data.timings], [s for _, s in data.timings]
    drawn = figure(520, 56 + 24 * len(names))
    axes = drawn.subplots()
    axes.barh(range(len(names)), seconds, height=0.62, color=BLUE)
    for i, length in enumerate(seconds):
        axes.annotate(
            duration(length), (length, i), xytext=(4, 0), textcoords="offset points", va="center", fontsize=8, color=INK
        )
    axes.set_yticks(range(len(names)), [shown_label(name, longest=34) for name in names])
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.margins(x=0.16)
    dress(axes, x="seconds", grid="x")
    axes.tick_params(axis="y", length=0)
    return image(drawn, "Seconds per step of the run")
