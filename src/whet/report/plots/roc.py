"""ROC curves: one for two classes; one class against the rest, and their mean, for more.

With more than ten classes only the ten hardest ones (least area) are drawn; the mean is over all.
"""

from __future__ import annotations

import numpy as np
from markupsafe import Markup

from whet.evaluation.curves import roc_points
from whet.report.data import ReportData
from whet.report.plots.arrays import class_names, classes_of
from whet.report.plots.canvas import BLUE, GREY, INK, dress, figure, image

__all__ = ["class_curves", "draw"]

MOST = 10
GRID = np.linspace(0, 1, 201)
COLOURS = ["#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7", "#8A94A3", "#7A5195", "#5B8C5A"]

Curve = tuple[int, np.ndarray, np.ndarray, float]  # class code, false rate (P,), true rate (P,), area


def class_curves(truth: np.ndarray, scores: np.ndarray) -> list[Curve]:
    """Of every class that has examples inside and outside; for two classes only that of the second."""
    codes = [1] if scores.shape[1] == 2 else range(scores.shape[1])
    curves = []
    for code in codes:
        if 0 < np.count_nonzero(truth == code) < len(truth):
            false_rate, true_rate = roc_points(truth, scores, code=code)
            curves.append((code, false_rate, true_rate, float(np.trapezoid(true_rate, false_rate))))
    return curves


def draw(data: ReportData) -> Markup:
    """Nothing when no class can be told from the others."""
    truth, scores = classes_of(data)
    curves = class_curves(truth, scores) if len(truth) else []
    if not curves:
        return Markup("")
    names = class_names(data)
    drawn = figure(520, 440)
    axes = drawn.subplots()
    axes.plot([0, 1], [0, 1], "--", color=GREY, linewidth=1)
    hardest = sorted(curves, key=lambda curve: curve[3])[:MOST]
    for i, (code, x, y, area) in enumerate(sorted(hardest, key=lambda curve: curve[0])):
        colour, width = (BLUE, 2.2) if len(curves) == 1 else (COLOURS[i], 1.2)
        axes.plot(
            x, y, color=colour, linewidth=width, label=f" {names[code]}  {area:.3f}"
        )  # a label that begins with _ would be left out
    if len(curves) > 1:
        mean = np.mean([np.interp(GRID, x, y) for _, x, y, _ in curves], axis=0)
        area = float(np.mean([curve[3] for curve in curves]))
        axes.plot([0, *GRID], [0, *mean], color=INK, linewidth=2.4, label=f" mean of {len(curves)}  {area:.3f}")
    dress(axes, x="false positive rate", y="true positive rate")
    axes.set_aspect("equal")
    axes.legend(frameon=False, fontsize=8, loc="lower right", title="area under the curve", title_fontsize=8)
    return image(drawn, "ROC curves on the sealed test")
