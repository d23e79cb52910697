"""NaN or infinity: where it was first, and whether the training got over it.

Silent where a scaler of mixed precision skips a few steps on purpose: gradients overflow, weights and loss stay finite.
Source: SageMaker Debugger's rule ExplodingTensor; PyTorch documentation, "Automatic Mixed Precision package".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from torch import nn

from whet.diagnosis.case import Case
from whet.diagnosis.probes.entering import broken_inputs
from whet.diagnosis.probes.passes import first_pass
from whet.diagnosis.probes.seen import breaks_by_itself, seen
from whet.diagnosis.rule import Stage, rules
from whet.diagnosis.symptoms import RESULT
from whet.finding import Finding, Line, Plot
from whet.watching.trace import Step, Trace

__all__ = ["NonFinite"]


@dataclass(frozen=True, kw_only=True)
class NonFinite:
    """Something was NaN or infinite in a step."""

    few: float = 0.1  # share of the steps whose gradients may overflow, where the loss stays finite

    title: str = "NaN or infinite values"
    stage: Stage = "during"
    explains: frozenset[str] = RESULT | frozenset(
        {"flat_loss", "exploding", "dead_units", "saturation", "underfitting", "below_baseline", "oscillation"}
    )

    def check(self, case: Case) -> Iterable[Finding]:
        """What is given broken, else what broke in training."""
        given = list(self._given(case)) if case.setup is not None else []
        yield from given or self._broken(seen(case), is_recurrent=_is_recurrent(case))

    def _given(self, case: Case) -> Iterable[Finding]:
        bad, total, num, where = case.ask(broken_inputs)
        if not bad:
            return
        with np.errstate(all="ignore"):
            is_handled = bool(case.ask(first_pass).loss.isfinite()) and where.startswith("batch 0,")
        yield Finding(
            symptom="non_finite",
            title=self.title,
            severity=0.2 if is_handled else 0.95,
            confidence=0.98,
            statement=f"{bad:,} of {total:,} input values in the first batches are NaN or infinite, in {num} batches.",
            evidence={"rule": "D9", "value": bad, "threshold": 0, "first": "inputs"},
            where=where,
            cures=_cures("inputs"),
            advice="Fill or drop missing values before the loader: x = torch.nan_to_num(x), or leave such rows out.",
            source="PyTorch documentation, torch.isfinite",
        )

    def _broken(self, trace: Trace, *, is_recurrent: bool) -> Iterable[Finding]:
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
            cures=_cures(what, by_itself=breaks_by_itself(trace), is_recurrent=is_recurrent),
            advice=_advice(what, first, by_itself=breaks_by_itself(trace)),
            source="PyTorch documentation, torch.autograd.detect_anomaly",
            plot=_plot(trace),
        )

    def _is_a_scaler_at_work(self, bad: list[Step], trace: Trace) -> bool:
        overflow = all(s.first_broken.startswith("gradient") and _is_finite(s) for s in bad)
        return overflow and len(bad) <= max(3, self.few * len(trace.steps)) and not trace.steps[-1].first_broken


def _is_finite(step: Step) -> bool:
    weights = any(p.broken and p.gradient is None for p in step.parameters.values())
    return not weights and step.loss is not None and bool(np.isfinite(step.loss))


def _cures(what: str, *, by_itself: bool = False, is_recurrent: bool = False) -> tuple[str, ...]:
    if what.startswith("input"):
        return ("drop_non_finite", "standardise_inputs")
    if by_itself:
        return ("skip_broken_steps", "lower_rate", "clip_gradients")
    if is_recurrent:  # now and then a gradient is huge; a rate that survives it is too low for all others
        return ("clip_gradients", "lower_rate", "reinitialise", "standardise_inputs")
    return ("lower_rate", "clip_gradients", "standardise_inputs", "reinitialise")


def _is_recurrent(case: Case) -> bool:
    return case.setup is not None and any(isinstance(m, nn.RNNBase) for m in case.setup.model.modules())


def _advice(what: str, first: Step, *, by_itself: bool) -> str:
    if what.startswith("input"):
        return "Drop or fill the examples with NaN or infinite values before they reach the model."
    if first.index == 0 or by_itself:
        when = "before any step" if first.index == 0 else "while the training goes well"
        return (
            f"The {what} breaks {when}: look there for log(0), sqrt(0), a division by 0 or an overflow of half "
            "precision. Write torch.log(p.clamp_min(1e-8)), or log_softmax with nll_loss in place of log(softmax)."
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
