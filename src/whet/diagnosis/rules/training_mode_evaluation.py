"""Evaluation in training mode: validation ran with dropout on, and moved the running statistics of batch norms.

Only where a module to which the mode matters was seen. Monte-Carlo dropout does this on purpose: never severe.
Source: PyTorch documentation, nn.Module.eval.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from torch import nn
from torch.nn.modules.dropout import _DropoutNd

from whet.diagnosis.case import Case
from whet.diagnosis.probes.seen import watched
from whet.diagnosis.rule import Stage, rules
from whet.diagnosis.symptoms import RESULT
from whet.finding import Finding
from whet.watching.trace import Trace

__all__ = ["TrainingModeEvaluation"]


@dataclass(frozen=True, kw_only=True)
class TrainingModeEvaluation:
    """Forward passes without gradients in training mode."""

    title: str = "evaluated in training mode"
    stage: Stage = "during"
    explains: frozenset[str] = RESULT | frozenset(
        {"below_baseline", "split_mismatch", "dropout_too_strong", "normalisation_gap"}
    )

    def check(self, case: Case) -> Iterable[Finding]:
        """See ``Rule.check``."""
        trace = watched(case)
        if trace is None or not trace.evaluates_in_training_mode:
            return
        modules = _that_matter(case, trace)
        if not modules:
            return
        yield Finding(
            symptom="training_mode_evaluation",
            title=self.title,
            severity=0.6,
            confidence=0.85,
            statement=f"The model was evaluated (without gradients) in training mode, where {', '.join(modules[:3])} "
            "behave differently: its scores are worse than the model is.",
            evidence={"rule": "loop", "value": 1.0, "threshold": 0.0, "modules": modules},
            where="evaluation",
            cures=("ordinary_loop",),
            advice="Call model.eval() before validation and model.train() after it.",
            source="PyTorch documentation, nn.Module.eval",
        )


def _that_matter(case: Case, trace: Trace) -> list[str]:
    if case.setup is not None:
        return [n for n, m in case.setup.model.named_modules() if _depends_on_mode(m)]
    kinds = {n: layer.kind for s in trace.looked_at for n, layer in s.layers.items()}
    return [n for n, kind in kinds.items() if "Dropout" in kind or "BatchNorm" in kind]


def _depends_on_mode(module: nn.Module) -> bool:
    if isinstance(module, _DropoutNd):
        return module.p > 0
    if isinstance(module, nn.RNNBase | nn.MultiheadAttention):
        return bool(module.dropout)
    return isinstance(module, nn.modules.batchnorm._BatchNorm)


rules.register("training_mode_evaluation")(TrainingModeEvaluation())
