"""Whether a training learns: what a symptom costs is judged by it."""

from __future__ import annotations

from contextlib import suppress

import numpy as np

from whet.diagnosis.case import Case
from whet.diagnosis.probes.ground import ground
from whet.diagnosis.probes.seen import end_of, seen, start_of, undivided
from whet.errors import CannotJudgeError

__all__ = ["learns"]


def learns(case: Case, fall: float) -> bool:
    """Whether the loss ended by that share below where it began, or below a constant output's where that is less.

    A loss that leapt up first is compared with the first step, not with the leap.
    """
    losses = seen(case).losses() / undivided(seen(case))
    if not len(losses):
        return False
    known = [float(losses[0]), start_of(losses)]
    if case.setup is not None:
        with suppress(CannotJudgeError):  # a loss that has no such reference, or steps too slow to ask
            known.append(case.ask(ground).reference)
    known = [k for k in known if np.isfinite(k) and k > 0]
    return bool(known) and end_of(losses) < (1 - fall) * min(known)
