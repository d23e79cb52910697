"""Dead units: rectifiers that fire for no example pass no gradient and never come back.

Judged over many examples at once, after training; without the parts, from the layers of a watched loop. A layer that is
wider than its task needs has dead units too: severe only where the loss shows it.
Source: Lu et al., "Dying ReLU and Initialization", 2020; SageMaker Debugger's rule DeadRelu.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from whet.diagnosis.case import Case
from whet.diagnosis.probes.activations import activations, activations_at_start
from whet.diagnosis.probes.learning import learns
from whet.diagnosis.probes.seen import seen
from whet.diagnosis.rule import Stage, rules
from whet.diagnosis.symptoms import RESULT
from whet.errors import CannotJudgeError
from whet.finding import Finding, Line, Plot
from whet.watching.trace import Trace

__all__ = ["DeadUnits"]

_KINDS = {"ReLU", "ReLU6", "Threshold"}


@dataclass(frozen=True, kw_only=True)
class DeadUnits:
    """Most units of a layer are silent for every example."""

    dead: float = 0.5  # share of a layer's units (D12)
    severe: float = 0.9  # share from which little passes
    fewest: int = 100  # examples without which a silent unit means nothing
    units: int = 4  # of a layer: of fewer, half are soon silent
    fall: float = 0.3  # of the loss: what falls by so much is learning well enough with the rest
    looks: int = 3  # steps of a watched loop at which the share must hold

    title: str = "dead units"
    stage: Stage = "during"
    explains: frozenset[str] = RESULT | frozenset({"flat_loss", "underfitting", "below_baseline", "vanishing"})

    def check(self, case: Case) -> Iterable[Finding]:
        """See ``Rule.check``."""
        shares, at_start = self._by_parts(case) if case.setup is not None else (self._by_trace(seen(case)), 0.0)
        worst = max(shares, key=lambda n: shares[n], default=None)
        if worst is None or shares[worst] <= self.dead:
            return
        share = shares[worst]
        learning = learns(case, self.fall)
        severity = 0.25 if learning else 0.85 if share >= self.severe else 0.55
        yield Finding(
            symptom="dead_units",
            title=self.title,
            severity=severity,
            confidence=0.9,
            statement=f"{100 * share:.0f} % of the units of '{worst}' fire for no example"
            + (f"; before training it was {100 * at_start:.0f} %." if at_start < share else ", as before training."),
            evidence={"rule": "D12", "value": share, "threshold": self.dead, "at_start": at_start},
            where=f"layer '{worst}'",
            cures=("reinitialise", "replace_activation", "lower_rate")
            if at_start > self.dead
            else ("lower_rate", "replace_activation", "reinitialise"),
            advice=f"Replace the ReLU in '{worst}' by LeakyReLU or GELU, and "
            + ("initialise its weights and biases afresh." if at_start > self.dead else "lower lr in the optimizer."),
            source="Lu et al., Dying ReLU and Initialization: Theory and Numerical Examples, 2020",
            plot=Plot(
                title="Units that fire for no example",
                x="layer",
                y="share",
                lines=(Line(name="dead", x=tuple(shares), y=tuple(shares.values())),),
                threshold=self.dead,
            ),
        )

    def _by_parts(self, case: Case) -> tuple[dict[str, float], float]:
        found = case.ask(activations)
        shares = {a.where: a.dead for a in found if a.units >= self.units and a.examples >= self.fewest}
        if found and not shares and any(a.units >= self.units for a in found):
            raise CannotJudgeError(f"too few examples to tell dead units: {self.fewest} are needed")
        before = {a.where: a.dead for a in case.ask(activations_at_start)}
        worst = max(shares, key=lambda n: shares[n], default="")
        return shares, before.get(worst, 0.0)

    def _by_trace(self, trace: Trace) -> dict[str, float]:
        late = trace.looked_at[len(trace.looked_at) // 2 :]
        found: dict[str, list[float]] = {}
        for step in late:
            if step.num_examples is not None and step.num_examples < 16:
                continue  # few examples leave most units silent
            for name, layer in step.layers.items():
                if layer.kind in _KINDS:
                    found.setdefault(name, []).append(layer.silent)
        return {n: float(np.min(v)) for n, v in found.items() if len(v) >= self.looks}


rules.register("dead_units")(DeadUnits())
