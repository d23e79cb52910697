"""Histogram of the errors, predicted minus true."""

from __future__ import annotations

import numpy as np
from markupsafe import Markup

from whet.report.amounts import number
from whet.report.data import ReportData
from whet.report.plots.arrays import numbers_of
from whet.report.plots.canvas import BLUE, INK, RED, dress, figure, image, plain_numbers

__all__ = ["draw"]


def draw(data: ReportData) -> Markup:
    """Nothing for classes or without test examples. The outermost hundredth on each side is gathered at the ends."""
    truth, predicted = numbers_of(data)
    if not len(truth):
        return Markup("")
    errors = predicted - truth
    low, high = (float(v) for v in np.quantile(errors, [0.01, 0.99]))
    drawn = figure(520, 440)
    axes = drawn.subplots()
    axes.hist(np.clip(errors, low, high), bins=min(40, max(5, len(errors) // 8)), color=BLUE, alpha=0.85)
    axes.axvline(0, color=INK, linewidth=1.2)
    middle = float(np.median(errors))
    axes.axvline(middle, color=RED, linestyle="--", linewidth=1.4, label=f"median {number(middle)}")
    dress(axes, x="predicted minus true (outermost hundredths at the ends)", y="examples", grid="y")
    plain_numbers(axes.xaxis)
    axes.legend(frameon=False, fontsize=8.5)
    return image(drawn, f"Histogram of the errors on the sealed test, median {number(middle)}")
