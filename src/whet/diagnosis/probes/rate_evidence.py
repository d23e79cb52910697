"""The rate sweep as numbers and as a picture, for the findings about the learning rate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from whet.diagnosis.probes.rate_sweep import RateSweep
from whet.finding import Line, Plot

__all__ = ["rate_evidence", "rate_plot"]


def rate_evidence(sweep: RateSweep, factor: float, loss: float, whole: float) -> Mapping[str, Any]:
    """What was tried; ``better_rate`` is the rate for the first group of the optimiser."""
    return {
        "rate": sweep.own_rate,
        "better_rate": sweep.own_rate * factor,
        "factor": factor,
        "loss_at_rate": sweep.own,
        "loss_at_better_rate": loss,
        "loss_after_whole_training": whole,
        "steps": sweep.steps,
        "noise": sweep.noise(factor),
    }


def rate_plot(sweep: RateSweep) -> Plot:
    """Loss over rate; what blew up is drawn at twice the loss of a constant answer, so that the others can be told."""
    rates, losses = sweep.rows()
    most = 2 * sweep.reference
    words = tuple(f"{r:.0e}" for r in rates)
    y = tuple(loss if loss < most else most for loss in losses)  # NaN counts as blown up
    line = Line(name=f"after {sweep.steps} steps", x=words, y=y)
    return Plot(
        title="Short trainings at other learning rates",
        x="learning rate",
        y=f"training loss (at most {most:.2g})",
        lines=(line,),
    )
