"""How many different batches a watched loop trains on, beside those that its loader gives."""

from __future__ import annotations

from dataclasses import dataclass

from whet.diagnosis.case import Case
from whet.diagnosis.probes.batches import batches
from whet.diagnosis.probes.seen import watched
from whet.diagnosis.probes.tensors import tensors_in
from whet.errors import CannotJudgeError
from whet.watching.batch_marks import mark_of

__all__ = ["BatchesUsed", "batches_used"]

NEXT = 10  # the first steps follow each other; later ones that are looked at lie far apart


@dataclass(frozen=True, kw_only=True)
class BatchesUsed:
    """Counts, of steps that were looked at."""

    steps: int
    used: int  # different batches in these
    expected: int  # the same, if they came from the loader one after the other, in the same order every epoch
    late: int  # steps that lie far apart
    late_used: int
    late_expected: int
    given: int  # different batches of one epoch; at least so many, where it is long
    is_whole: bool  # ``given`` is a whole epoch


def batches_used(case: Case) -> BatchesUsed:
    """A loader that shuffles or changes its examples gives other batches in every epoch, so more than expected.

    Raises:
        CannotJudgeError: no loop was watched, several optimisers take turns, or the data can be read only once.
    """
    trace, given = watched(case), case.ask(batches)
    if trace is None or given.reads_once:
        raise CannotJudgeError("needs a watched loop, and a loader that can be read anew")
    steps = [s for s in trace.steps if s.batch is not None and s.num_backward]
    if len({s.optimizer for s in trace.steps}) != 1:
        raise CannotJudgeError("several optimizers use the same batch in turns")
    marks = {mark_of(tuple(tensors_in(batch)), {}) for batch in given.first}
    length = len(given.first) if given.is_whole else _length(case)
    places = [(s.index * s.num_backward) % length for s in steps]
    late = [i for i, s in enumerate(steps) if s.index >= NEXT]
    return BatchesUsed(
        steps=len(steps),
        used=len({s.batch for s in steps}),
        expected=len(set(places)),
        late=len(late),
        late_used=len({steps[i].batch for i in late}),
        late_expected=len({places[i] for i in late}),
        given=len(marks),
        is_whole=given.is_whole,
    )


def _length(case: Case) -> int:
    assert case.setup is not None
    try:
        return max(1, len(case.setup.train))  # type: ignore[arg-type]
    except TypeError:
        return 10**9  # never comes round again
