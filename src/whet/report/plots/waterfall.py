"""The ledger as a waterfall: from the baseline over the default recipe and each adopted change to the ensemble.

The horizontal axis is the validation score on which rows are judged; a bar spans what a row changed, the thin line
over it is the interval of the gain. Hollow: used, but without evidence that it helps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from whet.report.amounts import difference, interval_of_gain, score
from whet.report.data import ReportData
from whet.report.plots.canvas import BLUE, GREEN, GREY, INK, RED, dress, figure, image, plain_numbers, shown_label

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw", "steps"]

MOST = 24  # rows drawn; the table holds all

Row = dict[str, Any]


def steps(data: ReportData) -> list[Row]:
    """The rows drawn: best baseline, default, adopted rows, and the ensemble when it was handed over."""
    rows = [row for row in data.ledger if row.get("after") is not None]
    baselines = [row for row in rows if row["stage"] == "baseline"]
    best = max if data.higher_is_better else min
    first = [best(baselines, key=lambda row: float(row["after"]))] if baselines else []
    default = [row for row in rows if row["stage"] == "default"][:1]
    changes = [row for row in rows if row["verdict"] == "adopted" and row["stage"] in ("confirm", "ensemble")]
    blended = [row for row in rows if row["stage"] == "ensemble" and row not in changes and len(data.members) > 1]
    return [*first, *default, *(row for row in [*changes, *blended] if row.get("before") is not None)][:MOST]


def draw(data: ReportData) -> Markup:
    """Nothing when not even two rows have a score."""
    rows = steps(data)
    if len(rows) < 2:
        return Markup("")
    drawn = figure(1060, 64 + 30 * len(rows))
    axes = drawn.subplots()
    for i, row in enumerate(rows):
        if row["stage"] in ("baseline", "default"):
            axes.plot([row["after"]], [i], "D", markersize=8, color=GREY if row["stage"] == "baseline" else BLUE)
            note = score(row["after"], data.unit)
        else:
            note = _bar(axes, i, row, data)
        axes.text(1.01, i, note, transform=axes.get_yaxis_transform(), va="center", fontsize=9, color=INK)
        if i + 1 < len(rows):
            axes.plot([row["after"]] * 2, [i, i + 1], ":", color=GREY, linewidth=1)
    axes.set_yticks(range(len(rows)), [_name(row) for row in rows])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    dress(axes, x=f"{data.metric_title} on validation examples", grid="x")
    axes.use_sticky_edges = False  # else the bars' ends cut the marks beside them
    axes.margins(x=0.04)
    if data.unit == "target":
        plain_numbers(axes.xaxis)
    axes.tick_params(axis="y", labelsize=9, length=0)
    return image(drawn, "Waterfall of the scores from the baseline to what was adopted")


def _bar(axes: Axes, i: int, row: Row, data: ReportData) -> str:
    before, after, sign = row["before"], row["after"], 1 if data.higher_is_better else -1
    colour = GREEN if (row.get("gain") or 0) >= 0 else RED
    adopted = row["verdict"] == "adopted"
    axes.barh(i, after - before, left=before, height=0.5, color=colour if adopted else "white", edgecolor=colour)
    if row.get("low") is not None and row.get("high") is not None:
        ends = [before + sign * row["low"], before + sign * row["high"]]
        axes.plot(ends, [i, i], "|-", color=INK, linewidth=1.2, markersize=8)
    gain = difference(row.get("gain"), data.unit)
    return f"{gain} ({interval_of_gain(row.get('low'), row.get('high'), data.unit)})"


def _name(row: Row) -> str:
    prefix = {"baseline": "baseline: ", "ensemble": "ensemble: "}.get(row["stage"], "")
    return shown_label(prefix + str(row.get("change") or row.get("remedy")), longest=44)
