"""Training examples as they are, without random changes.

Helps: changes that alter what the label says: a mirrored digit, a crop that loses the object.
Hurts: few examples, for which harmless changes are the best remedy there is.
Source: Cubuk et al., "AutoAugment", CVPR 2019: what keeps a label depends on the data.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from whet.diagnosis.case import Case
from whet.diagnosis.cures.cure import cures
from whet.diagnosis.cures.parts.asking import is_so, need
from whet.diagnosis.cures.parts.opened import setup_of
from whet.diagnosis.cures.parts.plain_examples import plain_loader
from whet.diagnosis.setup import Setup
from whet.finding import Finding

__all__ = ["DropAugmentation"]


@dataclass(frozen=True, kw_only=True)
class DropAugmentation:
    """The validation examples' transform where there is one, else the training transform without its random parts."""

    title: str = "leave out the random changes of examples"

    def applies(self, case: Case) -> bool:
        """Where the training examples change from reading to reading and a way to stop it is found."""
        return is_so(lambda: case.ask(_plain) is not None)

    def advice(self, case: Case, finding: Finding | None) -> str:
        """What to change."""
        found = case.ask(_plain)
        return "leave out the random transforms of the training data" if found is None else found[1]

    def apply(self, case: Case, finding: Finding | None) -> Setup:
        """Change the training loader only."""
        found = case.ask(_plain)
        need(found is not None, "the random changes are made where they cannot be switched off from outside")
        assert found is not None
        return replace(setup_of(case).copy(), train=found[0])


def _plain(case: Case) -> tuple[Any, str] | None:
    setup = setup_of(case)
    return plain_loader(setup.train, setup.valid, seed=case.seed)


cures.register("drop_augmentation")(DropAugmentation())
