"""NaN or infinity: where it was first, and whether the training got over it.

Silent where a scaler of mixed precision skips a few steps on purpose: gradients overflow, weights and loss stay finite.
Source: SageMaker Debugger's rule ExplodingTensor; PyTorch documentation, "Automatic Mixed Precision package".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from whet.diagnosis.case import Case
from whet.diagnosis.probes.seen import seen
from whet.diagnosis.rule import Stage, rules
from whet.finding import Finding, Line, Plot
from whet.watching.trace import Step, Trace

__all__ = ["NonFinite"]


@dataclass(frozen=True, kw_only=True)
class NonFinite:
    """Something was NaN or infinite in a step."""

    few: float = 0.1  # share of the steps whose gradients may overflow, where the loss stays finite

    title: str = "NaN or infinite values"
    stage: Stage = "during"
    explains: frozenset[str] = frozenset(
        {"flat_loss", "exploding", "dead_units", "saturation", "underfitting", "below_baseline", "oscillation"}
    )

    def check(self, case: Case) -> Iterable[Finding]:
        """See ``Rule.check``."""
        trace = seen(case)
        bad = [s for s in trace.steps if s.first_broken or (s.loss is not None and not np.isfinite(s.loss))]
        if not bad or self._is_a_scaler_at_work(bad, trace):
            return
        first, share = bad[0], len(bad) / len(trace.steps)
        what = first.first_broken or "loss"
        lasting = not _is_finite(trace.steps[-1])
        yield Finding(
            symptom="non_finite",
            title=self.title,
            severity=0.95 if lasting or share > self.few else 0.6,
            confidence=1.0,
            statement=f"The {what} was NaN or infinite first, at step {first.index}; {len(bad)} of {len(trace.steps)} "
            "steps "
            "were affected.",
            evidence={"rule": "D9", "value": share, "threshold": 0.0, "step": first.index, "first": what},
            where=f"step {first.index}, {what}",
            cures=_cures(what),
            advice=_advice(what, first),
            source="PyTorch documentation, torch.autograd.detect_anomaly",
            plot=_plot(trace),
        )

    def _is_a_scaler_at_work(self, bad: list[Step], trace: Trace) -> bool:
        overflow = all(s.first_broken.startswith("gradient") and _is_finite(s) for s in bad)
        return overflow and len(bad) <= max(3, self.few * len(trace.steps)) and not trace.steps[-1].first_broken


def _is_finite(step: Step) -> bool:
    weights = any(p.broken and p.gradient is None for p in step.parameters.values())
    return not weights and step.loss is not None and bool(np.isfinite(step.loss))


def _cures(what: str) -> tuple[str, ...]:
    if what.startswith("input"):
        return ("drop_non_finite", "standardise_inputs")
    return ("lower_rate", "clip_gradients", "standardise_inputs", "reinitialise")


def _advice(what: str, first: Step) -> str:
    if what.startswith("input"):
        return "Drop or fill the examples with NaN or infinite values before they reach the model."
    if first.index == 0:
        return (
            f"The {what} breaks before any step: look there for log(0), sqrt(0), a division by 0 or an overflow of "
            "half precision."
        )
    return (
        "Lower lr in the optimizer, and call torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0) before "
        "optimizer.step()."
    )


def _plot(trace: Trace) -> Plot:
    losses = trace.losses()
    x = tuple(float(s.index) for s in trace.steps)
    return Plot(
        title="Training loss until it broke",
        x="step",
        y="loss",
        lines=(Line(name="loss", x=x, y=tuple(float(v) if np.isfinite(v) else float("nan") for v in losses)),),
        log_y=True,
    )


rules.register("non_finite")(NonFinite())
