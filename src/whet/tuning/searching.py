"""The search itself: ask the method, train, write down; what was written down before a kill is never run again."""

from __future__ import annotations

import time

from whet.errors import ConfigError, TrainingFailedError
from whet.ledger.entry import Decision, Plan, Stage, Verdict
from whet.search.study import Running
from whet.training.pruned import Pruned
from whet.tuning.asking import Asking, in_words, look_of
from whet.tuning.noting import FAULTS, following, note_complete, note_failure, read_back_best, tidy
from whet.tuning.session import TuningSession
from whet.tuning.side_by_side import SideBySide

__all__ = ["run_search", "run_start"]


def run_start(session: TuningSession) -> None:
    """The recipe that the search starts from: the first usable model, and what the winner is compared with."""

    def work() -> Decision:
        session.observer.doing("the recipe to start from")
        trial = session.trials().run(session.arena, session.base, title="start")
        session.start = trial
        return Decision(
            verdict=Verdict.MEASURED,
            reason="a figure, no claim",
            after=trial.score,
            num_examples=len(trial.scores),
            num_seeds=1,
            seconds=trial.seconds,
        )

    row = Plan(
        stage=Stage.DEFAULT,
        remedy=session.base.architecture,
        change="start",
        because="what a tuned recipe has to beat",
        recipe=session.base.digest(),
    )
    decision = session.book.row(row, work)
    if decision.verdict is Verdict.FAILED:
        raise TrainingFailedError(
            f"the recipe to start from cannot be trained: {decision.cause}. Nothing was searched.", cause=decision.cause
        )
    if session.start is None:  # a resumed run
        session.start = session.trials().run(session.arena, session.base, title="start")
    session.keep(session.start)


def run_search(session: TuningSession) -> str:
    """Trials until the method, the time or the space comes to an end; says which it was."""
    read_back_best(session)
    asking = Asking(session)
    if session.workers is not None:
        session.workers.follow(SideBySide(session, asking))
        return asking.why
    while (running := asking.next()) is not None:
        asking.ended(is_fine=_train(session, running))
        if not asking.left:  # what these left behind will be gone on with
            tidy(session)
    return asking.why


def _train(session: TuningSession, running: Running) -> bool:
    """Train one trial in this process and write down its outcome; False when it failed."""
    begin = time.monotonic()
    title = f"trial {running.number + 1}"
    look = look_of(session, running.proposal)
    if isinstance(look, ConfigError):
        running.fail(str(look), seconds=0.0)
        return False
    session.observer.doing(f"{title}: {in_words(running.proposal, session.looks.kind.share_of)}")
    try:
        arena = session.looks.arena(session.arena, look)
        trial = session.trials(following(running), look=look).run(arena, look.recipe, title=title)
    except Pruned:
        running.prune(seconds=time.monotonic() - begin)
        return True
    except FAULTS as fault:
        note_failure(session, running, fault, begin=begin)
        return False
    note_complete(session, running, trial, begin=begin)
    return True
