"""Score against latency and against size: what could have been handed over, and the Pareto front of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from whet.report.data import ReportData
from whet.report.plots.canvas import BLUE, GREY, INK, RED, dress, figure, image, plain_numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw", "front_of", "ordered"]


def draw(data: ReportData) -> Markup:
    """Two panels with logarithmic costs, points numbered as in the table; fewer than two are nothing to compare."""
    if len(data.front) < 2:
        return Markup("")
    drawn = figure(1060, 340)
    left, right = drawn.subplots(1, 2, sharey=True)
    latency, size = data.limits.get("latency_s"), data.limits.get("size_bytes")
    _panel(left, data, [row["latency_ms"]["1"] for row in ordered(data)], None if latency is None else 1000 * latency)
    _panel(right, data, [row["size_bytes"] / 1e6 for row in ordered(data)], None if size is None else size / 1e6)
    dress(left, title="Score against latency", x="ms for one example alone", y=f"{data.metric_title}, validation")
    dress(right, title="Score against size", x="MB of the saved model")
    return image(drawn, "Score of each candidate against its latency and its size, with the Pareto front")


def ordered(data: ReportData) -> list[dict[str, Any]]:
    """The candidates, the best score first: in this order they are numbered."""
    sign = -1.0 if data.higher_is_better else 1.0
    return sorted(data.front, key=lambda row: sign * float(row["score"]))


def front_of(costs: Sequence[float], worth: Sequence[float]) -> list[int]:
    """Positions of the points that no other beats in both, from the cheapest on.

    >>> front_of([1.0, 2.0, 3.0], [0.5, 0.4, 0.9])
    [0, 2]
    """
    found: list[int] = []
    for i in sorted(range(len(costs)), key=lambda i: (costs[i], -worth[i])):
        if not found or worth[i] > worth[found[-1]]:
            found.append(i)
    return found


def _panel(axes: Axes, data: ReportData, costs: list[float], limit: float | None) -> None:
    rows = ordered(data)
    scores = [row["score"] for row in rows]
    front = front_of(costs, scores if data.higher_is_better else [-s for s in scores])
    axes.set_xscale("log")
    axes.plot([costs[i] for i in front], [scores[i] for i in front], color=GREY, drawstyle="steps-post", linewidth=1)
    for i, row in enumerate(rows):
        colour = RED if row["chosen"] else BLUE if i in front else GREY
        axes.plot([costs[i]], [scores[i]], "o", color=colour, markersize=8 if row["chosen"] else 6)
        axes.annotate(
            str(i + 1), (costs[i], scores[i]), xytext=(4, 4), textcoords="offset points", fontsize=8, color=INK
        )
    if limit is not None:
        axes.axvline(limit, color=RED, linewidth=1, linestyle="--")
    axes.margins(x=0.2, y=0.15)
    if data.unit == "target":
        plain_numbers(axes.yaxis)
