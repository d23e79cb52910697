"""Sigmoids and tanhs between the layers replaced by ReLU, on a copy: does it learn what the network does not?"""

from __future__ import annotations

from whet.diagnosis.case import Case
from whet.diagnosis.probes.ground import ground
from whet.diagnosis.probes.rate_sweep import rate_sweep
from whet.diagnosis.probes.undone import Undone, undone
from whet.diagnosis.setup import Setup
from whet.errors import CannotJudgeError

__all__ = ["opened_activations"]

LEAST = 0.3  # of the reference loss that the copy must gain
CLOSE = 0.1  # of it: a higher rate that gets as near as this is the simpler answer
FEWEST = 3  # flat activations: with fewer the gradient has few factors to vanish by


def opened_activations(case: Case) -> Undone | None:
    """None where there are few such activations, where it does not help, or where a higher rate does as well."""
    from whet.diagnosis.cures.replace_activation import flat_activations  # cures ask probes: not at import

    if case.setup is None or len(flat_activations(case)) < FEWEST:
        return None
    found = undone(case, _opened, least=LEAST)
    return None if found is None or _a_rate_does(case, found) else found


def _opened(setup: Setup) -> Setup:
    from whet.diagnosis.cures.replace_activation import ReplaceActivation

    return ReplaceActivation().apply(Case(setup=setup), None)


def _a_rate_does(case: Case, found: Undone) -> bool:
    try:
        factor, loss = case.ask(rate_sweep).best(higher=True)
    except CannotJudgeError:
        return False
    return factor != 1.0 and loss < found.after + CLOSE * case.ask(ground).reference
