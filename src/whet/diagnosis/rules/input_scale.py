"""Input scale: inputs far from mean 0 and spread 1, where that costs; inputs that are all the same.

A scale that looks odd is only a suspicion: the network is trained twice for some steps, as it is and with standardised
inputs. Token ids, flags, sparse counts and networks that begin with a normalisation are not suspected at all.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from whet.diagnosis.case import Case
from whet.diagnosis.probes.batches import batches
from whet.diagnosis.probes.conflicts import conflicts
from whet.diagnosis.probes.entering import (
    Entrance,
    Features,
    entrances,
    largest,
    standardised_contest,
)
from whet.diagnosis.probes.passes import first_pass
from whet.diagnosis.probes.rows import keys_of
from whet.diagnosis.probes.tensors import tensors_in
from whet.diagnosis.rule import Stage, rules
from whet.diagnosis.symptoms import COURSE, RATES, RESULT
from whet.errors import CannotJudgeError
from whet.finding import Finding, Line, Plot

__all__ = ["InputScale"]

SOURCE = "LeCun et al., Efficient BackProp, 1998, section 4.3"


@dataclass(frozen=True, kw_only=True)
class InputScale:
    """Values, spread and agreement of what enters the network."""

    large: float = 8.0  # root mean square of a feature; ordinary: 1
    small: float = 0.05  # root mean square of the largest feature
    sparse: float = 0.7  # share of zeros from which inputs are counts or indicators
    blank: float = 0.05  # share of the examples whose labels cannot be told as their inputs are blank
    costs: float = 0.35  # of the way that the loss goes with standardised inputs: by so much worse is moderate
    spoils: float = 0.7  # and by so much is severe
    apart: float = 3.0  # validation spread over training spread, or their means apart in spreads
    title: ClassVar[str] = "inputs of the wrong scale"
    stage: ClassVar[Stage] = "before"
    explains: ClassVar[frozenset[str]] = (
        RATES
        | COURSE
        | RESULT
        | frozenset(
            {
                "initial_loss",
                "exploding",
                "saturation",
                "dead_units",
                "flat_loss",
                "cannot_memorise",
                "underfitting",
                "below_baseline",
                "oscillation",
                "learning_rate_too_high",
                "learning_rate_too_low",
                "split_mismatch",
                "vanishing",
                "normalisation_gap",
                "overfitting",
                "input_unused",
            }
        )
    )

    def check(self, case: Case) -> Iterable[Finding]:
        """At most one finding, of the gravest kind."""
        if case.setup is None:
            return
        kinds = (self._identical, self._blank, self._split, self._scale)
        found = (finding for kind in kinds for finding in kind(case))
        yield from list(found)[:1]

    def _identical(self, case: Case) -> Iterable[Finding]:
        seen = case.ask(first_pass)
        tensors = [t for t in tensors_in([seen.args, dict(seen.kwargs)]) if t.ndim and len(t) > 1]
        given = case.ask(batches).first
        if not tensors or len({len(t) for t in tensors}) != 1 or (len(tensors[0]) < 4 and len(given) < 2):
            return
        if len(set(keys_of(tensors))) > 1 or len(_targets(seen.targets)) < 2:
            return
        yield self._finding(
            severity=0.9,
            confidence=0.9,
            statement=f"All {len(tensors[0])} examples of the first batch have the same inputs but different targets.",
            evidence={"rule": "D2", "value": 1, "threshold": 2},
            where="batch 0",
            cures=(),
            advice="Look at the dataset's __getitem__: it must use its index for the inputs as well.",
        )

    def _blank(self, case: Case) -> Iterable[Finding]:
        try:
            seen = case.ask(conflicts)
        except CannotJudgeError:
            return
        if seen.blank_lost < self.blank:
            return
        share = seen.blank / seen.total
        yield self._finding(
            severity=min(0.85, 0.4 + 0.55 * share),
            confidence=0.9,
            statement=f"{seen.blank} of {seen.total} examples have the very same constant inputs (blank: one number in "
            f"every place) and different labels; {seen.blank_lost:.0%} of all cannot be predicted right.",
            evidence={"rule": "D2", "value": share, "threshold": self.blank},
            where="training inputs",
            cures=(),
            advice="Look at such an example before and after each transform: integer division (x // 255), a cast to "
            "uint8 of values in [0, 1], a crop or mask that leaves nothing, or a file that was not read.",
        )

    def _split(self, case: Case) -> Iterable[Finding]:
        for entrance in case.ask(entrances):
            if entrance.valid is None or entrance.kind in ("LayerNorm", "GroupNorm") or "Instance" in entrance.kind:
                continue
            ratio, shift = _apart(entrance.train, entrance.valid)
            if max(ratio, 1 / ratio) < self.apart and shift < self.apart:
                continue
            yield self._finding(
                severity=0.85,
                confidence=0.85,
                statement=f"Validation inputs are scaled differently: their spread is {ratio:.3g} times that of the "
                f"training inputs, and their means are {shift:.3g} training spreads apart (middle feature).",
                evidence={"rule": "D2", "value": max(ratio, 1 / ratio, shift), "threshold": self.apart},
                where="validation loader",
                cures=("standardise_inputs",),
                advice="Apply the same transform to both datasets: the training mean and standard deviation for "
                "validation too.",
            )
            return

    def _scale(self, case: Case) -> Iterable[Finding]:
        odd = [e for e in case.ask(entrances) if self._is_odd(e)]
        if not odd:
            return
        contest = case.ask(standardised_contest)
        harm = contest.harm()
        own, changed = contest.ends()
        severity = 0.2 if harm <= self.costs else 0.55 if harm <= self.spoils else 0.85
        size = largest(odd[0].train)
        yield self._finding(
            severity=severity,
            confidence=0.9 if severity > 0.3 else 0.6,
            statement=f"Inputs enter {odd[0].name!r} with values around {size:.3g}. After {len(contest.own)} steps the "
            f"loss is {own:.3g}; with standardised inputs it is {changed:.3g}.",
            evidence={
                "rule": "D2",
                "value": size,
                "threshold": self.small if size < 1 else self.large,
                "loss": own,
                "loss_standardised": changed,
            },
            where=f"layer {odd[0].name!r} ({odd[0].kind})",
            cures=("standardise_inputs",),
            advice="Standardise before the loader: x = (x - x_train.mean(0)) / x_train.std(0); for pictures "
            "transforms.Normalize(mean, std), or x / 255.",
            plot=_plot(odd[0].train),
        )

    def _is_odd(self, entrance: Entrance) -> bool:
        features = entrance.train
        if features.is_discrete or features.zeros > self.sparse or "Norm" in entrance.kind:
            return False
        return not self.small <= largest(features) <= self.large

    def _finding(self, **fields: object) -> Finding:
        return Finding(symptom="input_scale", title=self.title, source=SOURCE, **fields)  # type: ignore[arg-type]


def _targets(targets: object) -> set[bytes]:
    tensors = [t for t in tensors_in(targets) if t.ndim]
    return set(keys_of(tensors[:1])) if tensors else set()


def _apart(train: Features, valid: Features) -> tuple[float, float]:
    """Middle ratio of spreads, and middle distance of means in training spreads, over features that vary."""
    varies = train.std > 1e-9 * (1 + np.abs(train.mean))
    if min(train.num, valid.num) < 20 or not varies.any() or len(train.std) != len(valid.std):
        return 1.0, 0.0
    spread = train.std[varies]
    ratio = np.median(np.maximum(valid.std[varies], 1e-12) / spread)
    return float(ratio), float(np.median(np.abs(valid.mean[varies] - train.mean[varies]) / spread))


def _plot(features: Features) -> Plot:
    place = tuple(float(i) for i in range(min(200, len(features.mean))))
    lines = (
        Line(name="mean", x=place, y=tuple(float(v) for v in features.mean[:200])),
        Line(name="standard deviation", x=place, y=tuple(float(v) for v in features.std[:200])),
    )
    return Plot(title="Inputs by feature or channel", x="feature or channel", y="value", lines=lines, threshold=1.0)


rules.register("input_scale")(InputScale())
