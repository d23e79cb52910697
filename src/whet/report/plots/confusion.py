"""The confusion matrix: rows are true classes, columns the most probable ones, shades the share of the row.

With more than 20 classes the 20 that are most often mistaken are drawn, and a last column gathers all others.
"""

from __future__ import annotations

import numpy as np
from markupsafe import Markup

from whet.evaluation.curves import confusion_matrix
from whet.report.data import ReportData
from whet.report.plots.arrays import class_names, classes_of
from whet.report.plots.canvas import GREY, INK, dress, figure, image

__all__ = ["counts_shown", "draw"]

MOST = 20
FITTING = 12  # classes that fit half the page's width


def counts_shown(truth: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(R, R) counts, or (20, 21) with the others last; and the codes (R,) of the rows."""
    counts = confusion_matrix(truth, scores)
    if len(counts) <= MOST:
        return counts, np.arange(len(counts))
    errors = counts.sum(axis=1) - counts.diagonal()
    worst = np.sort(np.argsort(-errors, kind="stable")[:MOST])
    inside = counts[np.ix_(worst, worst)]
    return np.column_stack([inside, counts[worst].sum(axis=1) - inside.sum(axis=1)]), worst


def draw(data: ReportData) -> Markup:
    """Nothing without test examples."""
    truth, scores = classes_of(data)
    if not len(truth):
        return Markup("")
    counts, codes = counts_shown(truth, scores)
    names = [class_names(data)[code] for code in codes]
    drawn = figure(520, 460) if len(codes) <= FITTING else figure(860, 780)
    axes = drawn.subplots()
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(share, cmap="Blues", vmin=0, vmax=1.15, aspect="auto")
    for row, column in zip(*np.nonzero(counts), strict=True):
        colour = "white" if share[row, column] > 0.6 else INK
        axes.text(column, row, f"{counts[row, column]:,}", ha="center", va="center", fontsize=8.5, color=colour)
    dress(axes, x="predicted", y="true", grid="both")
    axes.grid(False)
    columns = names + ["others"] * (counts.shape[1] - len(names))
    axes.set_xticks(range(len(columns)), columns, rotation=45 if max(map(len, columns)) > 3 else 0)
    for tick in axes.get_xticklabels():
        tick.set_horizontalalignment("right" if tick.get_rotation() else "center")
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(colors=INK, length=0)
    axes.spines[["left", "bottom"]].set_color(GREY)
    return image(drawn, "Confusion matrix: true classes in rows, predicted classes in columns")
