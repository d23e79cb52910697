"""Weight scale: initial weights are far too large or too small, and no normalisation makes up for it.

The size of weights is only a suspicion, and so is a first loss out of all proportion: in a recurrent layer, or a deep
network, ordinary weights can make signals grow beyond all bounds. The verdict comes from training the same network
twice for some steps with the user's optimiser and batches: from these weights, and from PyTorch's ordinary ones. It is
severe only where the latter are much better. Through many layers weights that are a little too small let signals fade
to nothing (0.2 to the power of ten): there the other weights are those of He or Glorot, for PyTorch's own fade as well.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from whet.diagnosis.case import Case
from whet.diagnosis.probes.contest import Contest
from whet.diagnosis.probes.fresh_loss import FreshLoss, fresh_loss
from whet.diagnosis.probes.goal import goal
from whet.diagnosis.probes.initial_weights import LayerScale, fresh_start, layer_scales
from whet.diagnosis.probes.scaled_start import scaled_start
from whet.diagnosis.probes.symmetric_layers import symmetric_layers
from whet.diagnosis.rule import Stage, rules
from whet.diagnosis.symptoms import COURSE, RATES, RESULT
from whet.errors import CannotJudgeError
from whet.finding import Finding, Line, Plot

__all__ = ["WeightScale"]


@dataclass(frozen=True, kw_only=True)
class WeightScale:
    """Layers outside the range of ordinary gains, where that costs."""

    low: float = 0.05  # gain; PyTorch's default is 0.58, GPT's 0.02 at width 64 is 0.16
    high: float = 5.0  # gain; He's is 1.41, orthogonal with gain 2 is 2
    costs: float = 0.3  # of the way that the loss goes from ordinary weights: by so much worse is worth a word
    spoils: float = 0.5  # and by so much is severe
    huge: float = 100.0  # times the loss of knowing nothing, at the start: signals grow beyond all bounds
    faint: float = 0.3  # gain of a layer among many that shrink their inputs; PyTorch's default is 0.58
    learns: float = 0.05  # of the loss at the start: what falls by so much in the short training is not stuck
    nothing: float = 1e-6  # spread of a layer's outputs between examples; beside biases it is rounding noise
    title: ClassVar[str] = "initial weights of the wrong size"
    stage: ClassVar[Stage] = "before"
    explains: ClassVar[frozenset[str]] = (
        RATES
        | COURSE
        | RESULT
        | frozenset(
            {
                "initial_loss",
                "exploding",
                "vanishing",
                "saturation",
                "dead_units",
                "flat_loss",
                "cannot_memorise",
                "non_finite",
                "underfitting",
                "below_baseline",
                "learning_rate_too_low",
                "oscillation",
                "normalisation_gap",
                "overconfidence",
            }
        )
    )

    def check(self, case: Case) -> Iterable[Finding]:
        """One finding for all such layers; none for a model that was trained before."""
        if case.setup is None or case.setup.was_trained:
            return
        layers = case.ask(layer_scales)
        odd = [x for x in layers if not x.is_normalised and not self.low <= x.gain <= self.high]
        faded = self._faded(layers)
        odd = odd or faded
        grows = self._grows(case)
        if not grows and (not odd or all(x is layers[-1] and x.gain < self.low for x in odd)):
            return  # a head near 0 is good practice
        if case.ask(symmetric_layers):  # constant weights have no spread; that rule speaks of them
            return
        run = case.ask(fresh_start)
        harm = run.harm()
        if grows and not any(x.gain > self.high for x in odd):
            if harm > self.costs:
                yield self._grown(layers, run, case.ask(fresh_loss), 0.9 if harm > self.spoils else 0.6)
        elif harm > self.costs:
            yield self._finding(odd, layers, run, 0.9 if harm > self.spoils else 0.6)
        elif faded:
            yield from self._of_faded(case, odd, layers, run)

    def _grows(self, case: Case) -> bool:
        """Whether the first loss says that signals have grown beyond all bounds."""
        try:
            seen = case.ask(fresh_loss)
            return case.ask(goal).kind in ("classes", "binary") and not min(seen.by_batch) <= self.huge * seen.chance
        except CannotJudgeError:
            return False

    def _grown(self, layers: tuple[LayerScale, ...], run: Contest, seen: FreshLoss, severity: float) -> Finding:
        worst = max(layers, key=lambda x: x.output if math.isfinite(x.output) else 0.0)
        own, ordinary = run.ends()
        return Finding(
            symptom="weight_scale",
            severity=severity,
            confidence=0.9,
            title=self.title,
            statement=f"Signals grow on their way: the loss at the start is {seen.value:.3g} (knowing nothing would "
            f"cost {seen.chance:.3g}), and what {worst.name!r} gives differs by {worst.output:.3g} between examples. "
            f"After {len(run.own)} steps the loss is {own:.3g}; from ordinary weights {ordinary:.3g}.",
            evidence={
                "rule": "weight_scale",
                "value": seen.value / seen.chance,
                "threshold": self.huge,
                "output": worst.output,
                "loss": own,
                "loss_from_ordinary_weights": ordinary,
            },
            where=f"layer {worst.name!r} ({worst.kind})",
            cures=("reinitialise",),
            advice=f"Remove the line that initialises {worst.name!r}; in a recurrent layer nothing along the way may "
            "grow: nn.init.orthogonal_(rnn.weight_hh_l0) keeps signals as large as they are.",
            source="Pascanu et al., On the difficulty of training recurrent neural networks, ICML 2013",
        )

    def _of_faded(
        self, case: Case, odd: list[LayerScale], layers: tuple[LayerScale, ...], run: Contest
    ) -> Iterable[Finding]:
        """Where PyTorch's own weights gain nothing either: those of He or Glorot may; silent where it learns anyway."""
        if run.ends()[0] < (1 - self.learns) * run.own[0]:
            return
        scaled = case.ask(scaled_start)
        if scaled is not None and scaled.harm() > self.costs:
            yield self._finding(odd, layers, scaled, 0.9 if scaled.harm() > self.spoils else 0.75)
        else:
            yield self._finding(odd, layers, run, 0.75)

    def _faded(self, layers: tuple[LayerScale, ...]) -> list[LayerScale]:
        """Layers that shrink their inputs, where they are many and nothing is left.

        Weights of exactly 0 (LoRA, gates) are meant so.
        """
        small = [x for x in layers if not x.is_normalised and 0 < x.gain < self.faint]
        fades = len(small) >= max(3, len(layers) / 2) and min(x.output for x in small) < self.nothing
        return small if fades else []

    def _finding(self, odd: list[LayerScale], layers: tuple[LayerScale, ...], run: Contest, severity: float) -> Finding:
        worst = max(odd, key=lambda x: abs(math.log(max(x.gain, 1e-30))))
        own, ordinary = run.ends()
        size = "large" if worst.gain > 1 else "small"
        bound = self.high if worst.gain > 1 else self.low if worst.gain < self.low else self.faint
        return Finding(
            symptom="weight_scale",
            severity=severity,
            confidence=0.9,
            title=self.title,
            statement=f"The initial weights of {worst.name!r} are too {size}: their gain is {worst.gain:.3g} "
            f"(ordinary: 0.5 to 2). After {len(run.own)} steps the loss is {own:.3g}; from ordinary weights "
            f"{ordinary:.3g}.",
            evidence={
                "rule": "weight_scale",
                "value": worst.gain,
                "threshold": bound,
                "layers": [x.name for x in odd],
                "loss": own,
                "loss_from_ordinary_weights": ordinary,
            },
            where=f"layer {worst.name!r} ({worst.kind})",
            cures=("reinitialise",),
            advice=f"Remove the line that initialises {worst.name!r}, or scale it: nn.init.kaiming_normal_(weight, "
            'nonlinearity="relu"), nn.init.xavier_uniform_(weight) for tanh and sigmoid.',
            source="He et al., Delving Deep into Rectifiers, ICCV 2015, section 2.2; Glorot and Bengio, AISTATS 2010",
            plot=Plot(
                title="Size of the initial weights by layer",
                x="layer, in order of use",
                y="gain (1 keeps signals as large as they are)",
                lines=(Line(name="gain", x=tuple(x.name for x in layers), y=tuple(x.gain for x in layers)),),
                threshold=bound,
                log_y=True,
            ),
        )


rules.register("weight_scale")(WeightScale())
