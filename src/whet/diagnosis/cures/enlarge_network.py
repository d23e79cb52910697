"""A larger network: wider hidden layers, or hidden layers at all.

Helps: a network that predicts even its training examples poorly, and whose loss has stopped falling.
Hurts: few examples, which it then learns by heart; time.
Source: Goodfellow et al., "Deep Learning", MIT Press 2016, section 11.3 (increase the size of the model first).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from torch import nn

from whet.diagnosis.case import Case
from whet.diagnosis.cures.cure import cures
from whet.diagnosis.cures.parts.asking import is_so, need
from whet.diagnosis.cures.parts.following import follow, names_of
from whet.diagnosis.cures.parts.last_layer import last_layer
from whet.diagnosis.cures.parts.opened import setup_of
from whet.diagnosis.cures.parts.replacing import exchange
from whet.diagnosis.cures.parts.widths import Pair, hidden_pairs, widen
from whet.diagnosis.setup import Setup
from whet.finding import Finding
from whet.rng import drawing_globally

__all__ = ["EnlargeNetwork"]


@dataclass(frozen=True, kw_only=True)
class EnlargeNetwork:
    """Every hidden width ``times`` as large and at least ``least``; two hidden layers where there is none to widen."""

    title: str = "take a larger network"
    times: int = 4
    least: int = 64  # units
    most: int = 1024  # units; a layer that is wider already stays

    def applies(self, case: Case) -> bool:
        """Where a hidden width can be changed, or the last layer is linear."""
        return is_so(lambda: bool(self._pairs(case)) or _head(case) is not None)

    def advice(self, case: Case, finding: Finding | None) -> str:
        """With the names of layers, and widths."""
        pairs = self._pairs(case)
        if pairs:
            shown = ", ".join(f"{p.first} and {p.second}: {self._width(p)} (was {p.width})" for p in pairs[:3])
            return f"wider hidden layers  # {shown}"
        head = _head(case)
        name = "the model" if head is None or not head[0] else f"self.{head[0]}"
        size = "..." if head is None else head[1].in_features
        return f"{name} = nn.Sequential(nn.Linear({size}, {self.least}), nn.ReLU(), ...)  # two hidden layers"

    def apply(self, case: Case, finding: Finding | None) -> Setup:
        """Exchange layers in a copy; the optimiser follows."""
        setup, pairs = setup_of(case).copy(), self._pairs(case)
        if pairs:
            for pair in pairs:
                widen(setup, pair, self._width(pair))
            return replace(setup, was_trained=False)
        head = _head(case)
        need(head is not None, "no hidden layer can be widened, and the last layer is not linear")
        assert head is not None
        return replace(self._deepened(setup, head[0]), was_trained=False)

    def _pairs(self, case: Case) -> list[Pair]:
        return [p for p in case.ask(hidden_pairs) if p.width < self.most]

    def _width(self, pair: Pair) -> int:
        return min(self.most, max(self.least, self.times * pair.width))

    def _deepened(self, setup: Setup, name: str) -> Setup:
        old = setup.model.get_submodule(name)
        assert isinstance(old, nn.Linear)
        with drawing_globally(setup.seed, "hidden layers"):
            body = [nn.Linear(old.in_features, self.least), nn.ReLU(), nn.Linear(self.least, self.least), nn.ReLU()]
            new = nn.Sequential(*body, nn.Linear(self.least, old.out_features)).to(old.weight)
        if name:
            exchange(setup, lambda place, module: new if module is old else None)
            return setup
        before = names_of(setup.model)
        new.train(setup.model.training)
        follow(setup.optimizer, before, new)
        return replace(setup, model=new)


def _head(case: Case) -> tuple[str, nn.Linear] | None:
    """Dotted name ("" for a model that is one linear layer) and the user's own layer."""
    model = setup_of(case).model
    if isinstance(model, nn.Linear):
        return "", model
    found = last_layer(case)
    return (found[0], found[1]) if found is not None and isinstance(found[1], nn.Linear) else None


cures.register("enlarge_network")(EnlargeNetwork())
