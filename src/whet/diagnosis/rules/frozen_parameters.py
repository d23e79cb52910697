"""Layers that are frozen and were never trained.

A frozen body with trained weights is how features are reused, and nothing is said of it. Weights that are just as
an initialiser left them are another matter: a frozen stem, middle or head of those is a mistake; a whole frozen
body under a head that trains may be one (the weights were not loaded) or an experiment with random features, and is
found as moderate.

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
from whet.diagnosis.rule import Stage, rules
from whet.finding import Finding

__all__ = ["FrozenParameters"]

Pattern = Literal["everything", "head", "middle", "stem", "body", "embedding", "adapters"]
FRESH: dict[Pattern, float] = {
    "everything": 0.97,
    "head": 0.8,
    "middle": 0.75,
    "stem": 0.75,
    "body": 0.6,
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
    adapters: float = 0.2  # share of the values that train, below which they are adapters to a frozen model

    title: str = "frozen layers that were never trained"
    stage: Stage = "before"
    explains: frozenset[str] = frozenset(
        {"cannot_memorise", "flat_loss", "underfitting", "below_baseline", "no_gradient", "stopped_early", "weak_slice"}
        | {"optimizer_misses_parameters", "learning_rate_too_low", "unused_parameters"}
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
            if severity:
                yield _finding(pattern, frozen, layers, severity, fresh=fresh)

    def _pattern(self, layers: Sequence[ParameterFlow], frozen: Sequence[ParameterFlow]) -> Pattern:
        trained = [p for p in layers if p.trains]
        if not trained:
            return "adapters"  # biases or gains train
        if all(p.kind in ("Embedding", "EmbeddingBag") for p in frozen):
            return "embedding"
        first, last = min(p.order for p in trained), max(p.order for p in trained)
        owners, still = {p.owner for p in layers}, {p.owner for p in frozen}
        if all(p.order < first for p in frozen):
            return "body" if len(still) > self.body * len(owners) else "stem"
        size = sum(p.size for p in trained)
        if size < self.adapters * sum(p.size for p in layers):
            return "adapters"
        return "head" if any(p.order > last for p in frozen) else "middle"


def _finding(
    pattern: Pattern,
    frozen: Sequence[ParameterFlow],
    layers: Sequence[ParameterFlow],
    severity: float,
    *,
    fresh: bool | None,
) -> Finding:
    share = sum(p.size for p in frozen) / max(1, sum(p.size for p in layers))
    names = list(dict.fromkeys(p.owner or p.name for p in frozen))
    shown = ", ".join(repr(n) for n in names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
    untrained = " Their weights are as an initialiser leaves them: they were never trained." if fresh else ""
    advice = "" if severity > 0.7 else "If that is meant, load trained weights before; if not: "
    return Finding(
        symptom="frozen_parameters",
        title="Frozen layers",
        severity=severity,
        confidence=0.95 if pattern == "everything" else 0.9 if fresh and severity > 0.7 else 0.5,
        statement=f"{len(names)} layers ({100 * share:.0f} % of the weights) have requires_grad=False: "
        f"{WORDS[pattern]} ({shown}).{untrained}",
        evidence={
            "rule": "D17",
            "value": share,
            "threshold": 0.0,
            "pattern": pattern,
            "frozen": tuple(p.name for p in frozen),
            "fresh": fresh,
        },
        where=f"layer {names[0]!r}" + (" and others" if len(names) > 1 else ""),
        cures=("unfreeze",),
        advice=f"{advice}Set requires_grad_(True) on {shown} before the optimizer is made.",
        source="documentation of torch.nn.Module.requires_grad_",
    )


rules.register("frozen_parameters")(FrozenParameters())
