"""The same parts in a loop that does everything in its place.

Helps: gradients never zeroed, evaluation mode while training, losses not divided under accumulation, a scheduler moved
at the wrong time. Hurts: nothing; loops that are unusual on purpose lose what is unusual.
Source: PyTorch tutorials, "Optimizing Model Parameters".
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from whet.diagnosis.case import Case
from whet.diagnosis.cures.cure import cures
from whet.diagnosis.cures.parts.asking import is_so, told
from whet.diagnosis.cures.parts.fresh_weights import mend_broken_weights
from whet.diagnosis.cures.parts.opened import setup_of
from whet.diagnosis.setup import Setup
from whet.finding import Finding

__all__ = ["OrdinaryLoop"]


PER_STEP = ("OneCycleLR", "CyclicLR")  # schedulers made to move after every step
LINES = {
    "gradients_not_zeroed": "optimizer.zero_grad()  # once per step, before backward",
    "discarded_gradients": "optimizer.step()  # inside the loop over batches, after every backward",
    "eval_mode_training": "model.train()  # at the start of every epoch, again after evaluating",
    "training_mode_evaluation": "model.eval()  # before evaluating, and model.train() afterwards",
    "accumulation_not_averaged": "(loss / accumulate).backward()  # for every one of the batches of a step",
    "no_gradient": "loss.backward()  # on the loss itself, not on loss.item(), loss.detach() or under torch.no_grad()",
}


@dataclass(frozen=True, kw_only=True)
class OrdinaryLoop:
    """Nothing but the loop changes: model.train(), zero_grad, forward, loss, backward, step, then the scheduler."""

    title: str = "train in an ordinary loop"

    def applies(self, case: Case) -> bool:
        """Where the user's own loop was watched, or the scheduler moves at the wrong time."""
        return is_so(lambda: case.trace is not None or _period(setup_of(case)) != setup_of(case).loop.schedule_every)

    def advice(self, case: Case, finding: Finding | None) -> str:
        """The line that the finding is about."""
        symptom = "" if finding is None else finding.symptom
        if symptom == "scheduler_misused":
            return f"scheduler.step()  # once per {_period(setup_of(case))}, after optimizer.step()"
        order = "zero_grad(), forward, loss, backward(), step(), for every batch, in model.train()"
        return LINES.get(symptom, f"the order of the loop: {order}")

    def apply(self, case: Case, finding: Finding | None) -> Setup:
        """A copy, whose loop is Whet's ordinary one; as many batches per step as the finding has seen, now averaged."""
        setup = setup_of(case).copy()
        mend_broken_weights(setup)
        passes = told(finding, "passes") if finding and finding.symptom == "accumulation_not_averaged" else None
        accumulate = setup.loop.accumulate if passes is None else max(1, round(passes))
        return replace(setup, loop=replace(setup.loop, schedule_every=_period(setup), accumulate=accumulate))


def _period(setup: Setup) -> str:
    """What the class of the scheduler is made for; a period that only the user knows stays."""
    name = type(setup.scheduler).__name__
    if name in PER_STEP:
        return "step"
    if name == "ReduceLROnPlateau":
        return "epoch"
    most = getattr(setup.scheduler, "T_max", getattr(setup.scheduler, "total_iters", None))
    is_short = isinstance(most, int) and setup.epochs is not None and most <= 2 * setup.epochs
    return "epoch" if is_short else setup.loop.schedule_every


cures.register("ordinary_loop")(OrdinaryLoop())
