"""Vanishing gradients: what reaches the first layers is orders of magnitude less than what the last layers get.

Gradients are measured against the weights they belong to (D11). A fall by less counts where a copy with ReLU in place
of sigmoid or tanh learns what the network does not. Embeddings are left out (most rows are not touched),
and so are frozen layers. Optimisers like Adam make up for small gradients, residual networks do not let them vanish:
so it is only severe where the loss does not fall.
Source: Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks", AISTATS 2010.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from whet.diagnosis.case import Case
from whet.diagnosis.probes.learning import learns
from whet.diagnosis.probes.moves import is_weight
from whet.diagnosis.probes.opened_activations import opened_activations
from whet.diagnosis.probes.seen import seen
from whet.diagnosis.probes.undone import Undone
from whet.diagnosis.rule import Stage, rules
from whet.diagnosis.symptoms import RESULT
from whet.errors import CannotJudgeError
from whet.finding import Finding, Line, Plot
from whet.watching.trace import Trace

__all__ = ["Vanishing"]

FIRST = 20  # steps looked at that count: how it begins is how the architecture is


@dataclass(frozen=True, kw_only=True)
class Vanishing:
    """The ratio of gradient to weight falls towards the inputs."""

    ratio: float = 1e-4  # of the first layers against the last ones
    faint: float = 0.1  # the same, where the experiment with other activations decides
    fewest: int = 4  # weights, of which a first and a last third can be told
    fall: float = 0.1  # of the loss: what falls by so much is learning

    title: str = "vanishing gradients"
    stage: Stage = "during"
    explains: frozenset[str] = RESULT | frozenset(
        {"flat_loss", "underfitting", "below_baseline", "learning_rate_too_low"}
    )

    def check(self, case: Case) -> Iterable[Finding]:
        """See ``Rule.check``."""
        trace = seen(case)
        names, ratios = relative_gradients(trace)
        if len(names) < self.fewest:
            return
        third = max(1, len(names) // 3)
        first, last = float(np.median(ratios[:third])), float(np.median(ratios[-third:]))
        if last <= 0 or first >= self.faint * last:
            return
        opened = case.ask(opened_activations)
        if first >= self.ratio * last and opened is None:
            return
        learning = opened is None and learns(case, self.fall)
        yield Finding(
            symptom="vanishing",
            title=self.title,
            severity=0.25 if learning else 0.8 if opened is None else opened.severity,
            confidence=0.85 if not learning else 0.5,
            statement=f"Gradients, against their weights, are {first:.1e} in the first layers and {last:.1e} in the "
            "last "
            f"ones: {first / last:.0e} times as large." + _told(opened),
            evidence={"rule": "D11", "value": first / last, "threshold": self.ratio, "first": first, "last": last},
            where=f"parameter '{names[0]}'",
            cures=("replace_activation", "reinitialise", "group_norm"),
            advice="Replace sigmoid or tanh between the layers by ReLU or GELU, add normalisation or shortcuts, and "
            "start "
            "from the module's own initial weights.",
            source="Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010",
            plot=Plot(
                title="Gradient against weight, by layer",
                x="parameter",
                y="ratio of norms",
                lines=(Line(name="gradient / weight", x=tuple(names), y=tuple(map(float, ratios))),),
                log_y=True,
            ),
        )


def _told(opened: Undone | None) -> str:
    if opened is None:
        return ""
    return (
        f" With ReLU in place of sigmoid and tanh a copy takes the loss to {opened.after:.3g} in {opened.steps} steps, "
        f"instead of {opened.whole:.3g} in all."
    )


def relative_gradients(trace: Trace) -> tuple[list[str], np.ndarray]:
    """Weights in order of the model and (weights,) median ratios of gradient to weight over the first steps."""
    found: dict[str, list[float]] = {}
    for step in trace.looked_at[:FIRST]:
        embeddings = {n for n, layer in step.layers.items() if layer.kind.startswith("Embedding")}
        for name, p in step.parameters.items():
            if p.gradient is None or not is_weight(name, p) or name.rsplit(".", 1)[0] in embeddings:
                continue
            found.setdefault(name, []).append(p.gradient / p.weight)
    if not trace.looked_at:
        raise CannotJudgeError("no step was looked at in detail")
    return list(found), np.array([np.median(v) for v in found.values()])


rules.register("vanishing")(Vanishing())
