"""Training in evaluation mode: ``model.eval()`` was called and ``model.train()`` never again.

Batch norms then use statistics that are never updated, and dropout does nothing. Parts that are frozen, and batch norms
put into evaluation mode one by one while the model itself trains, are as people mean them.
Source: PyTorch documentation, nn.Module.train.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from torch import nn

from whet.diagnosis.case import Case
from whet.diagnosis.probes.seen import watched
from whet.diagnosis.rule import Stage, rules
from whet.diagnosis.symptoms import COURSE, RATES, RESULT
from whet.finding import Finding
from whet.watching.trace import Step, Trace

__all__ = ["EvalModeTraining"]


@dataclass(frozen=True, kw_only=True)
class EvalModeTraining:
    """Steps made in evaluation mode, by a model to which modes matter."""

    share: float = 0.2  # of the steps; after a first epoch all others are meant

    title: str = "trained in evaluation mode"
    stage: Stage = "during"
    explains: frozenset[str] = (
        RATES
        | COURSE
        | RESULT
        | frozenset(
            {
                "overfitting",
                "flat_loss",
                "underfitting",
                "below_baseline",
                "exploding",
                "normalisation_gap",
                "non_finite",
            }
            | {"learning_rate_too_high"}
        )
    )

    def check(self, case: Case) -> Iterable[Finding]:
        """See ``Rule.check``."""
        trace = watched(case)
        if trace is None:
            return
        wrong = [s for s in trace.steps if not s.is_training and _meant_to_train(s, trace)]
        share = len(wrong) / len(trace.steps)
        if share <= self.share:
            return
        modules = _meant_to_train(wrong[0], trace)
        norms = [n for n in modules if _is_norm(n, case, trace)]
        yield Finding(
            symptom="eval_mode_training",
            title=self.title,
            severity=0.8 if norms else 0.6,
            confidence=0.95,
            statement=f"{len(wrong)} of {len(trace.steps)} steps were made in evaluation mode, the first one being "
            "step "
            f"{wrong[0].index}; {', '.join(modules[:3])} behave{'s' if len(modules) == 1 else ''} differently there.",
            evidence={"rule": "loop", "value": share, "threshold": self.share, "modules": list(modules)},
            where=f"step {wrong[0].index}",
            cures=("ordinary_loop",),
            advice="Call model.train() at the beginning of every epoch, after each evaluation.",
            source="PyTorch documentation, nn.Module.train",
        )


def _meant_to_train(step: Step, trace: Trace) -> tuple[str, ...]:
    """Modules in evaluation mode outside of frozen parts."""
    return tuple(name for name in step.in_eval if not _is_frozen(name, step, trace))


def _is_frozen(name: str, step: Step, trace: Trace) -> bool:
    """Whether the module's own parameters, or all of the part it stands in, do not train."""
    trains = [*step.parameters] or [n for s in trace.looked_at[:1] for n in s.parameters]
    trains = [n for n in trains if n not in trace.frozen]
    if any(n.startswith(f"{name}.") for n in trace.frozen):
        return not any(n.startswith(f"{name}.") for n in trains)
    part = name.split(".", 1)[0] + "."
    return any(n.startswith(part) for n in trace.frozen) and not any(n.startswith(part) for n in trains)


def _is_norm(name: str, case: Case, trace: Trace) -> bool:
    kinds = {s.layers[name].kind for s in trace.looked_at if name in s.layers}
    if case.setup is not None:
        modules = dict(case.setup.model.named_modules())
        return isinstance(modules.get(name), nn.modules.batchnorm._NormBase)
    return any("Norm" in kind for kind in kinds)


rules.register("eval_mode_training")(EvalModeTraining())
