"""Learning curves: losses above, the validation score below, one column per trial."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from whet.report.data import ReportData
from whet.report.plots.canvas import BLUE, GREEN, ORANGE, dress, figure, image

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw", "drawable"]

MOST, ACROSS = 6, 3


def drawable(data: ReportData) -> list[tuple[str, list[dict[str, Any]]]]:
    """Trials with a curve, the first and then the best by their last validation score, in the order they ran."""
    curves = [(name, points) for name, points in data.curves.items() if points]
    sign = 1 if data.higher_is_better else -1

    def rank(i: int) -> float:
        scores = _series(curves[i][1], "valid_score")[1]
        return -math.inf if i == 0 else -sign * scores[-1] if scores else math.inf

    return [curves[i] for i in sorted(sorted(range(len(curves)), key=rank)[:MOST])]


def draw(data: ReportData) -> Markup:
    """At most six trials."""
    curves = drawable(data)
    if not curves:
        return Markup("")
    across, bands = min(ACROSS, len(curves)), math.ceil(len(curves) / ACROSS)
    drawn = figure(1060 if across == ACROSS else 370 * across, 400 * bands)
    axes = drawn.subplots(2 * bands, across, squeeze=False, gridspec_kw={"height_ratios": [1.15, 1] * bands})
    for i in range(bands * across):
        top, bottom = axes[2 * (i // across)][i % across], axes[2 * (i // across) + 1][i % across]
        if i >= len(curves):
            top.set_visible(False)
            bottom.set_visible(False)
            continue
        name, points = curves[i]
        dress(top, title=name if len(name) < 34 else name[:33] + "…", y="loss" if i % across == 0 else "")
        _lines(top, points, [("train_loss", "train", BLUE), ("valid_loss", "validation", ORANGE)])
        dress(bottom, x="epoch", y=data.metric_title if i % across == 0 else "")
        _lines(bottom, points, [("train_score", "train", BLUE), ("valid_score", "validation", GREEN)])
    return image(drawn, "Learning curves: loss and validation score over epochs for " + ", ".join(n for n, _ in curves))


def _lines(axes: Axes, points: list[dict[str, Any]], wanted: list[tuple[str, str, str]]) -> None:
    for key, label, colour in wanted:
        epochs, values = _series(points, key)
        if values:
            dots = "o" if len(values) < 12 else ""
            axes.plot(epochs, values, marker=dots, markersize=4, color=colour, label=label, linewidth=1.7)
    if axes.lines:
        axes.set_xlim(left=0)
        axes.legend(frameon=False, fontsize=8)


def _series(points: list[dict[str, Any]], key: str) -> tuple[list[float], list[float]]:
    held = [(p["epoch"], p[key]) for p in points if p.get(key) is not None and math.isfinite(p[key])]
    return [float(epoch) for epoch, _ in held], [float(value) for _, value in held]
