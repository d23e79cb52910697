"""The same network trained for some steps from its own weights and from those that He or Glorot would draw."""

from __future__ import annotations

from whet.diagnosis.case import Case
from whet.diagnosis.probes.contest import Contest
from whet.diagnosis.probes.initial_weights import STEPS, fresh_start
from whet.diagnosis.probes.pace import light
from whet.diagnosis.probes.short_runs import as_reason, deadline, short_run
from whet.errors import CannotJudgeError

__all__ = ["scaled_start"]


def scaled_start(case: Case) -> Contest | None:
    """Beside the user's own run of ``fresh_start``; None where the network is not one to draw such weights for.

    Source: He et al., "Delving Deep into Rectifiers", ICCV 2015; Glorot and Bengio, AISTATS 2010.
    """
    from whet.diagnosis.cures.parts.fresh_weights import draw_weights  # cures ask probes: not at import
    from whet.diagnosis.cures.parts.scaled_weights import scale_weights

    if case.setup is None:
        raise CannotJudgeError("needs the model and its data")
    setup = case.setup.copy()
    with as_reason("drawing new weights"):
        draw_weights(setup)
        if not scale_weights(setup, case):
            return None
    setup.model.train()
    until = deadline(case.left_s(), share=0.1, most_s=3.0)
    changed = short_run(setup, case.ask(light), steps=STEPS, until=until)
    return Contest(own=case.ask(fresh_start).own, changed=tuple(changed))
