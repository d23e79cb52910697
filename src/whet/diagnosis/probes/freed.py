"""What the frozen layers cost: a short trial with all layers free, against a longer one as the user has it.

A network in which more can move is quicker at first, whatever the use of that. So the frozen one is given several times
the steps: what it has not reached by then, it is kept from.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from whet.diagnosis.case import Case
from whet.diagnosis.probes.ground import ground
from whet.diagnosis.probes.trials import trial
from whet.diagnosis.setup import Setup

__all__ = ["Freed", "freed"]

LONGER = 4  # times the steps of the free trial


@dataclass(frozen=True, kw_only=True)
class Freed:
    """Losses at the end, and what freeing gains as a share of the reference loss."""

    frozen: float
    free: float
    gain: float  # the smaller of those on training batches and on others
    noise: float  # standard error of it over batches
    steps: int  # of the free trial
    reference: float  # the loss at the start or of a constant answer

    def is_clear(self, least: float) -> bool:
        """More than ``least``, and more than the noise of batches explains."""
        return self.gain > max(least, 3 * self.noise)


def freed(case: Case) -> Freed:
    """Two trials from the user's weights with the user's optimiser."""
    base = case.ask(ground)
    free = trial(case, _unfrozen)
    frozen = trial(case, lambda setup: setup, steps=LONGER * max(free.steps, 1))
    cap = 10 * base.reference  # a diverged loss is ten times as bad, not infinitely
    shares = [
        (np.minimum(own, cap) - np.minimum(other, cap)) / base.reference
        for own, other in ((frozen.losses, free.losses), (frozen.valid, free.valid))
        if len(own)
    ]
    least = min(shares, key=lambda share: float(share.mean()))
    return Freed(
        frozen=frozen.loss,
        free=free.loss,
        gain=float(least.mean()),
        noise=float(least.std(ddof=1) / np.sqrt(len(least))) if len(least) > 1 else 0.02,
        steps=free.steps,
        reference=base.reference,
    )


def _unfrozen(setup: Setup) -> Setup:
    """All parameters learn; those that the optimiser lacks join its last group."""
    held = {id(p) for group in setup.optimizer.param_groups for p in group["params"]}
    for parameter in setup.model.parameters():
        if not parameter.requires_grad and parameter.is_floating_point():
            parameter.requires_grad_(True)
            if id(parameter) not in held:
                setup.optimizer.param_groups[-1]["params"].append(parameter)
    return setup
