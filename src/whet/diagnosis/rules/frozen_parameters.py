"""Layers that are frozen and were never trained.

A frozen body with trained weights is how features are reused, and nothing is said of it. Weights that are just as
an initialiser left them are another matter: they may be a mistake, or random features on purpose, which often do well.
So their weight is what they cost: a short trial with all layers free, against a longer one with the layers frozen.

Rule: the place of the frozen layers in the order of the forward pass, and whether their weights follow the law of an
initialiser (reference rule D17).
Source: documentation of torch.Tensor.requires_grad; Zhang et al., "Are All Layers Created Equal?", JMLR 2022.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from whet.diagnosis.case import Case
from whet.diagnosis.probes.flow import ParameterFlow, flow
from whet.diagnosis.probes.freed import LONGER, Freed, freed
from whet.diagnosis.rule import Stage, rules
from whet.diagnosis.symptoms import COURSE, RESULT
from whet.errors import CannotJudgeError
from whet.finding import Finding

__all__ = ["FrozenParameters"]

Pattern = Literal["everything", "head", "middle", "stem", "body", "embedding", "adapters"]
TRIED: tuple[Pattern, ...] = ("head", "middle", "stem", "body")  # severe only where a trial shows what they cost
FRESH: dict[Pattern, float] = {
    "everything": 0.97,
    "head": 0.8,
    "middle": 0.75,
    "stem": 0.75,
    "body": 0.75,
    "embedding": 0.35,
    "adapters": 0.45,
}
TRAINED: dict[Pattern, float] = {"everything": 0.97, "head": 0.45, "middle": 0.35}
WORDS: dict[Pattern, str] = {
    "everything": "every layer is frozen, so nothing can be learnt",
    "head": "the last layer is frozen while layers before it train",
    "middle": "layers between others that train are frozen",
    "stem": "the first layers are frozen while those after them train",
    "body": "all but the last layers are frozen",
    "embedding": "the embedding is frozen",
    "adapters": "all but small layers among them are frozen",
}


@dataclass(frozen=True, kw_only=True)
class FrozenParameters:
    """Looks at which layers are frozen, and at their weights."""

    body: float = 0.5  # share of the layers, from the first on, from which frozen ones are a body and not a stem
    costs: float = 0.25  # of the loss at the start or of a constant answer, that freeing must gain to be severe
    left: float = 0.4  # the same, that the frozen network must have left: one that learns most is only slower
    matters: float = 0.05  # the same, below which frozen layers are only remarked on
    unproved: float = 0.45  # severity where the trial is not clear, or could not be made
    harmless: float = 0.25  # where it shows that they cost nothing
    adapters: float = 0.2  # share of the values that train, below which they are adapters to a frozen model

    title: str = "frozen layers that were never trained"
    stage: Stage = "before"
    explains: frozenset[str] = (
        COURSE
        | RESULT
        | frozenset(
            {
                "cannot_memorise",
                "flat_loss",
                "underfitting",
                "below_baseline",
                "no_gradient",
                "stopped_early",
                "weak_slice",
            }
            | {"optimizer_misses_parameters", "learning_rate_too_low", "unused_parameters"}
        )
    )

    def check(self, case: Case) -> Iterable[Finding]:
        """At most one finding."""
        if case.setup is None:
            return
        every = case.ask(flow).parameters
        layers = [p for p in every if p.weighs and p.gradient != "none"]
        frozen = [p for p in layers if not p.trains]
        if not any(p.trains for p in every):
            yield _finding("everything", list(every), list(every), FRESH["everything"], fresh=None)
        elif frozen:
            pattern = self._pattern(layers, frozen)
            judged = [p.fresh for p in frozen if p.fresh is not None]
            fresh = bool(judged) and all(judged)
            severity = (FRESH if fresh else TRAINED).get(pattern, 0.0)
            tried = _tried(case) if fresh and pattern in TRIED else None
            if fresh and pattern in TRIED:
                severity = self._by_cost(severity, tried)
            if severity:
                yield _finding(pattern, frozen, layers, severity, fresh=fresh, tried=tried)

    def _by_cost(self, most: float, tried: Freed | None) -> float:
        if tried is None:
            return self.unproved
        if tried.is_clear(self.costs) and tried.frozen >= self.left * tried.reference:
            return most
        return self.unproved if tried.is_clear(self.matters) else self.harmless

    def _pattern(self, layers: Sequence[ParameterFlow], frozen: Sequence[ParameterFlow]) -> Pattern:
        trained = [p for p in layers if p.trains]
        if not trained:
            return "adapters"  # biases or gains train
        if all(p.kind in ("Embedding", "EmbeddingBag") for p in frozen):
            return "embedding"
        first, last = min(p.order for p in trained), max(p.order for p in trained)
        owners, still = {p.owner for p in layers}, {p.owner for p in frozen}
        if all(p.order < first for p in frozen):
            is_head = len(owners - still) == 1  # only the last layer trains
            return "body" if is_head or len(still) > self.body * len(owners) else "stem"
        size = sum(p.size for p in trained)
        if size < self.adapters * sum(p.size for p in layers):
            return "adapters"
        return "head" if any(p.order > last for p in frozen) else "middle"


def _tried(case: Case) -> Freed | None:
    try:
        return case.ask(freed)
    except CannotJudgeError:
        return None


def _words(tried: Freed) -> str:
    return (
        f" Free, the network reaches a loss of {tried.free:.3g} in {tried.steps} steps; frozen, {tried.frozen:.3g} in "
        f"{LONGER} times as many."
    )


def _finding(
    pattern: Pattern,
    frozen: Sequence[ParameterFlow],
    layers: Sequence[ParameterFlow],
    severity: float,
    *,
    fresh: bool | None,
    tried: Freed | None = None,
) -> Finding:
    share = sum(p.size for p in frozen) / max(1, sum(p.size for p in layers))
    names = list(dict.fromkeys(p.owner or p.name for p in frozen))
    shown = ", ".join(repr(n) for n in names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
    untrained = " Their weights are as an initialiser leaves them: they were never trained." if fresh else ""
    cost = "" if tried is None else _words(tried)
    advice = "" if severity > 0.7 else "If that is meant, load trained weights before; if not: "
    return Finding(
        symptom="frozen_parameters",
        title="Frozen layers",
        severity=severity,
        confidence=0.95 if pattern == "everything" else 0.9 if fresh and severity > 0.7 else 0.5,
        statement=f"{len(names)} layers ({100 * share:.0f} % of the weights) have requires_grad=False: "
        f"{WORDS[pattern]} ({shown}).{untrained}{cost}",
        evidence={
            "rule": "D17",
            "value": share,
            "threshold": 0.0,
            "pattern": pattern,
            "frozen": tuple(p.name for p in frozen),
            "fresh": fresh,
            "gain": None if tried is None else tried.gain,
        },
        where=f"layer {names[0]!r}" + (" and others" if len(names) > 1 else ""),
        cures=("unfreeze",),
        advice=f"{advice}Set requires_grad_(True) on {shown} before the optimizer is made.",
        source="documentation of torch.nn.Module.requires_grad_",
    )


rules.register("frozen_parameters")(FrozenParameters())
