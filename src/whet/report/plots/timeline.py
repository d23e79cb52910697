"""How the budget was spent: what ran when, and how good the best model was by then.

Above: the best validation score so far, as a step. Below: one bar per row of the ledger that trained something, from
its registration to its decision. A resumed run is drawn without the time in which it stood still.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from whet.report.data import ReportData
from whet.report.plots.canvas import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    SKY,
    dress,
    figure,
    image,
    plain_numbers,
    shown_label,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Span", "draw", "spans"]

COLOURS = {"baseline": GREY, "default": BLUE, "screen": SKY, "confirm": GREEN, "ensemble": ORANGE, "test": INK}
LONGEST_PAUSE_S = 120.0  # between two rows; a longer one is a run that was stopped and resumed
SHORTEST_S = 0.05  # rows that trained nothing are not drawn
MOST = 40

Row = dict[str, Any]
Span = tuple[float, float, Row]  # begin and end in seconds since the first row


def spans(data: ReportData) -> list[Span]:
    """Rows that took time, in order; seconds count from the first registration, pauses of a stopped run left out."""
    timed = [(_seconds(row.get("registered_at")), _seconds(row.get("decided_at")), row) for row in data.ledger]
    found: list[Span] = []
    zero = end = None
    for begin, until, row in sorted(timed, key=lambda t: t[0] or 0.0):
        if begin is None or until is None:
            continue
        if zero is None or end is None:
            zero = begin
        elif begin - end > LONGEST_PAUSE_S:
            zero += begin - end
        end = max(end or until, until)
        if until - begin >= SHORTEST_S:
            found.append((begin - zero, until - zero, row))
    return found


def draw(data: ReportData) -> Markup:
    """Nothing when fewer than three rows took time."""
    shown = spans(data)
    if len(shown) < 3:
        return Markup("")
    shown = sorted(sorted(shown, key=lambda s: s[0] - s[1])[:MOST], key=lambda s: s[0])
    drawn = figure(1060, 210 + 19 * len(shown))
    above, below = drawn.subplots(2, 1, sharex=True, height_ratios=[130, 19 * len(shown)])
    _best_so_far(above, spans(data), data)
    for place, (begin, end, row) in enumerate(shown):
        below.barh(place, end - begin, left=begin, height=0.66, color=COLOURS.get(str(row["stage"]), GREY))
    below.set_yticks(range(len(shown)), [_name(row) for _, _, row in shown])
    below.set_ylim(len(shown) - 0.4, -0.6)
    dress(below, x="seconds since the first training", grid="x")
    below.tick_params(axis="y", length=0, labelsize=7.5)
    return image(drawn, "What ran when, and the best validation score by then")


def _best_so_far(axes: Axes, shown: list[Span], data: ReportData) -> None:
    better = max if data.higher_is_better else min
    times: list[float] = []
    best: list[float] = []
    for _, end, row in sorted(shown, key=lambda s: s[1]):
        is_score = row.get("after") is not None and row["stage"] not in ("screen", "test", "calibrate")
        if not is_score or row.get("remedy") == "majority":  # so low that nothing else could be told apart
            continue
        times.append(end)
        best.append(better(float(row["after"]), best[-1]) if best else float(row["after"]))
    axes.step(times, best, where="post", color=INK, linewidth=1.6)
    axes.plot(times, best, ".", color=INK, markersize=5)
    dress(axes, y=f"best {data.metric_title} so far")
    if data.unit == "target":
        plain_numbers(axes.yaxis)


def _name(row: Row) -> str:
    return shown_label(f"{row['stage']}: {row.get('change') or row.get('remedy')}", longest=56)


def _seconds(moment: Any) -> float | None:
    """None for a row that is not decided, or whose time was written by something else than a ledger."""
    try:
        return datetime.fromisoformat(str(moment).replace("Z", "+00:00")).timestamp()
    except ValueError:
        return None
