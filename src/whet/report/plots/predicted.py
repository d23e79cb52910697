"""Predicted against true numbers; many examples are counted in hexagons instead of drawn one by one."""

from __future__ import annotations

from markupsafe import Markup

from whet.report.data import ReportData
from whet.report.plots.arrays import numbers_of
from whet.report.plots.canvas import BLUE, GREY, dress, figure, image, plain_numbers

__all__ = ["draw"]

MANY = 3000


def draw(data: ReportData) -> Markup:
    """Nothing for classes or without test examples."""
    truth, predicted = numbers_of(data)
    if not len(truth):
        return Markup("")
    drawn = figure(520, 440)
    axes = drawn.subplots()
    low, high = float(min(truth.min(), predicted.min())), float(max(truth.max(), predicted.max()))
    axes.plot([low, high], [low, high], "--", color=GREY, linewidth=1.2)
    if len(truth) > MANY:
        axes.hexbin(truth, predicted, gridsize=45, bins="log", mincnt=1, cmap="Blues", linewidths=0.1)
    else:
        axes.scatter(truth, predicted, s=12, alpha=0.45, color=BLUE, linewidths=0)
    dress(axes, x="true value", y="predicted value")
    plain_numbers(axes.xaxis)
    plain_numbers(axes.yaxis)
    return image(drawn, "Predicted against true values on the sealed test")
