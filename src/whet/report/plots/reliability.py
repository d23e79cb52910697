"""The reliability diagram: how often predictions of each confidence are right, over how many there are."""

from __future__ import annotations

from markupsafe import Markup

from whet.evaluation.calibration import reliability
from whet.evaluation.metrics.confidence import NUM_BINS, calibration_error
from whet.report.data import ReportData
from whet.report.plots.arrays import classes_of
from whet.report.plots.canvas import BLUE, GREY, INK, SKY, dress, figure, image

__all__ = ["draw"]


def draw(data: ReportData) -> Markup:
    """Nothing without test examples."""
    truth, scores = classes_of(data)
    if not len(truth):
        return Markup("")
    curve = reliability(scores, truth)
    drawn = figure(520, 440)
    top, bottom = drawn.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": [3.2, 1]})
    top.plot([0, 1], [0, 1], "--", color=GREY, linewidth=1)
    top.vlines(curve.confidence, curve.confidence, curve.accuracy, color=SKY, linewidth=2)
    top.plot(curve.confidence, curve.accuracy, "o-", color=BLUE, linewidth=1.6, markersize=5)
    error = calibration_error(truth, scores)
    top.text(0.03, 0.93, f"calibration error {error:.3f}", transform=top.transAxes, fontsize=9.5, color=INK, va="top")
    top.set_ylim(-0.03, 1.03)
    top.set_xlim(0, 1.02)
    dress(top, y="share that is right")
    bottom.bar(curve.confidence, curve.count, width=0.8 / NUM_BINS, color=SKY)
    dress(bottom, x="confidence", y="examples")
    return image(drawn, f"Reliability diagram, expected calibration error {error:.3f}")
