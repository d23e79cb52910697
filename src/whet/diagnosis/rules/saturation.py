"""Saturation: sigmoids or tanhs sit where they are flat, so that nothing flows back through them.

A last sigmoid that has learnt its answers is flat as well, rightly: what gives the model's outputs is left out, and
it is severe only where the loss does not fall. A softmax between two layers is flat over all its units at once, as they
share a sum of 1: found by an experiment, a training with ReLU in its place that gets far below what the whole training
reached. Attention, gates, and a softmax that a network learns well with are silent.
Source: Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks", AISTATS 2010.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from whet.diagnosis.case import Case
from whet.diagnosis.probes.activations import activations, activations_at_start
from whet.diagnosis.probes.initial_weights import layer_scales
from whet.diagnosis.probes.inner_softmax import inner_softmaxes, with_relu
from whet.diagnosis.probes.learning import learns
from whet.diagnosis.probes.seen import seen
from whet.diagnosis.probes.undone import undone
from whet.diagnosis.rule import Stage, rules
from whet.diagnosis.symptoms import RESULT
from whet.errors import CannotJudgeError
from whet.finding import Finding, Line, Plot
from whet.watching.trace import Trace

__all__ = ["Saturation"]

_KINDS = {"Sigmoid", "Tanh", "Hardsigmoid", "Hardtanh"}
_SQUASHERS = {"sigmoid", "tanh", "hardsigmoid", "hardtanh"}


@dataclass(frozen=True, kw_only=True)
class Saturation:
    """Most values of a layer lie on the flat ends."""

    flat: float = 0.5  # share of values whose derivative is below 1 % of its peak (D13)
    severe: float = 0.8
    fall: float = 0.3  # of the loss: what falls by so much learns in spite of it
    large: float = 5.0  # gain of a layer's weights; PyTorch's default is 0.58, Glorot's for tanh 1.7
    looks: int = 3  # steps of a watched loop at which the share must hold
    least: float = 0.15  # of the reference loss, that ReLU instead of a softmax between layers must gain

    title: str = "saturated activations"
    stage: Stage = "during"
    explains: frozenset[str] = RESULT | frozenset(
        {"vanishing", "flat_loss", "underfitting", "below_baseline", "learning_rate_too_low"}
    )

    def check(self, case: Case) -> Iterable[Finding]:
        """See ``Rule.check``."""
        between = None if case.setup is None else self._by_softmax(case)
        if between is not None:
            yield between
            return
        shares, before = self._by_parts(case) if case.setup is not None else (self._by_trace(seen(case)), {})
        worst = max(shares, key=lambda n: shares[n], default=None)
        if worst is None or shares[worst] <= self.flat:
            return
        share = shares[worst]
        learning = learns(case, self.fall)
        from_start = before.get(worst, 0.0) > self.flat
        yield Finding(
            symptom="saturation",
            title=self.title,
            severity=self._severity(share, learning=learning, from_start=from_start),
            confidence=0.85,
            statement=f"{100 * share:.0f} % of the values of '{worst}' lie where its activation is flat"
            + (", already before the first step." if from_start else "."),
            evidence={"rule": "D13", "value": share, "threshold": self.flat, "at_start": before.get(worst, 0.0)},
            where=f"layer '{worst}'",
            cures=self._cures(case) if from_start else ("lower_rate", "replace_activation", "reinitialise"),
            advice="Standardise the inputs (mean 0, standard deviation 1), start from the module's own initial "
            "weights, or "
            f"replace the activation in '{worst}' by ReLU or GELU.",
            source="Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010",
            plot=Plot(
                title="Values on the flat ends",
                x="layer",
                y="share",
                lines=(Line(name="flat", x=tuple(shares), y=tuple(shares.values())),),
                threshold=self.flat,
            ),
        )

    def _by_softmax(self, case: Case) -> Finding | None:
        try:
            found = case.ask(inner_softmaxes)
            tried = undone(case, with_relu(found), least=self.least) if found else None
        except CannotJudgeError:  # what the other activations say stands
            return None
        if tried is None:
            return None
        units = min(each.units for each in found)
        return Finding(
            symptom="saturation",
            title="a softmax between layers",
            severity=max(0.55, tried.severity),
            confidence=0.9,
            statement=f"{len(found)} softmax of the forward pass feed{'s' if len(found) == 1 else ''} a layer, so "
            f"{units} units share a sum of 1 and each passes on about {1 / units:.2g}: the loss is {tried.whole:.3g} "
            f"after the whole training; with ReLU instead {tried.steps} steps reach {tried.after:.3g}.",
            evidence={
                "rule": "D13",
                "value": tried.gain,
                "threshold": self.least,
                "share_lost": tried.share,
                "units": units,
            },
            where="softmax between layers",
            advice="Replace nn.Softmax (F.softmax) between the layers by nn.ReLU or nn.GELU; a softmax belongs into "
            "attention, or behind the last layer where the loss asks for probabilities.",
            source="Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010",
        )

    def _cures(self, case: Case) -> tuple[str, ...]:
        """What was flat before the first step is so by its weights or by its inputs: whichever is too large goes."""
        try:
            is_large = any(layer.gain > self.large for layer in case.ask(layer_scales))
        except CannotJudgeError:
            is_large = False
        first = ("reinitialise", "standardise_inputs") if is_large else ("standardise_inputs", "reinitialise")
        return *first, "replace_activation"

    def _severity(self, share: float, *, learning: bool, from_start: bool) -> float:
        if learning:  # nobody means nearly all units to be flat before the first step, even if something is learnt
            return 0.55 if from_start and share >= self.severe else 0.25
        return 0.8 if share >= self.severe else 0.55

    def _by_parts(self, case: Case) -> tuple[dict[str, float], dict[str, float]]:
        inner = [a for a in case.ask(activations) if a.function in _SQUASHERS and not a.is_output]
        before = {a.where: a.flat for a in case.ask(activations_at_start) if a.function in _SQUASHERS}
        return {a.where: a.flat for a in inner}, before

    def _by_trace(self, trace: Trace) -> dict[str, float]:
        found: dict[str, list[float]] = {}
        for step in trace.looked_at[len(trace.looked_at) // 2 :]:
            for name in list(step.layers)[:-1]:
                if step.layers[name].kind in _KINDS:
                    found.setdefault(name, []).append(step.layers[name].flat)
        return {n: float(np.min(v)) for n, v in found.items() if len(v) >= self.looks}


rules.register("saturation")(Saturation())
