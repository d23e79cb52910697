"""Score against a cost, with intervals: what the dearer models buy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from whet.report.amounts import number
from whet.report.comparison import ComparisonData, ComparisonRow
from whet.report.plots.canvas import BLUE, GREEN, GREY, INK, dress, figure, image, plain_numbers, shown_label

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["against"]


def against(data: ComparisonData, cost: str, words: str) -> Markup:
    """One dot with whiskers per candidate over ``cost`` (a field of the rows) on a logarithmic axis.

    Guessing the most frequent class is left out: its low score would press the others together.
    """
    shown = [row for row in data.rows if row.score is not None and (getattr(row, cost) or 0) > 0]
    shown = [row for row in shown if row.architecture != "majority"]
    if not shown:
        return Markup("")
    drawn = figure(1060, max(300, 60 + 22 * len(shown)))
    axes = drawn.subplots()
    axes.set_xscale("log")
    for rank, row in enumerate(shown):  # the best first, as in the table
        colour = GREEN if row.is_best else GREY if row.is_apart else BLUE
        x, y = getattr(row, cost), row.score or 0.0
        ends = [y if row.low is None else row.low, y if row.high is None else row.high]
        axes.plot([x, x], ends, color=colour, linewidth=2.5, alpha=0.45, solid_capstyle="round")
        axes.plot([x], [y], "o", color=colour, markersize=8, zorder=3)
        axes.annotate(
            shown_label(f"{row.family}: {row.title}", longest=34),
            (x, y),
            xytext=(1.02, 1 - (rank + 0.5) / len(shown)),
            textcoords="axes fraction",
            va="center",
            fontsize=8.5,
            color=INK,
            arrowprops={"arrowstyle": "-", "relpos": (0.0, 0.5), "color": colour, "alpha": 0.35, "linewidth": 0.8},
        )
    axes.margins(x=0.12, y=0.12)
    if not data.higher_is_better:
        axes.invert_yaxis()
    _plain_decades(axes)
    dress(axes, x=f"{words} (logarithmic)", y=data.metric_title)
    if data.unit == "target":
        plain_numbers(axes.yaxis)
    return image(drawn, f"{data.metric_title} against {words}: {_in_words(shown)}")


def _plain_decades(axes: Axes) -> None:
    """0.5, 1, 2, 5 ... instead of powers of ten."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0), numticks=12))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
    axes.xaxis.set_minor_formatter(NullFormatter())


def _in_words(rows: list[ComparisonRow]) -> str:
    return ", ".join(f"{row.title} {row.score:.4g}" for row in rows)
