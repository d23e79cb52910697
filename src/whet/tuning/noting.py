"""What became of a trial of the search: told to the study, its model kept, and what nobody needs removed."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Collection

from whet.errors import ConfigError, ShapeError, TrainingFailedError
from whet.improving.trials import Trial
from whet.search.study import Running
from whet.search.tried import by_rank
from whet.training.fitted import CurvePoint
from whet.tuning.session import TuningSession

__all__ = ["FAULTS", "following", "note_complete", "note_failure", "read_back_best", "tidy"]

FAULTS = (TrainingFailedError, ConfigError, ShapeError)  # that end one trial and not the search
KEEP = 10  # trials whose weights stay in the run folder


def note_complete(session: TuningSession, running: Running, trial: Trial, *, begin: float) -> None:
    """It was trained to its end; ``begin``: reading of ``time.monotonic``."""
    if running.proposal.fidelity == 1.0:
        session.keep(trial)
    running.complete(trial.score, seconds=time.monotonic() - begin, trial=trial.key)
    seen = time.monotonic() - begin - trial.seconds
    session.overhead_s += 0.3 * (seen - session.overhead_s)  # a mean that forgets, so that one hiccup does not count


def note_failure(session: TuningSession, running: Running, fault: Exception, *, begin: float) -> None:
    """It diverged, ran out of memory, crashed, or its process died."""
    cause = fault.cause if isinstance(fault, TrainingFailedError) else str(fault)
    session.observer.say(f"trial {running.number + 1} failed: {cause}")
    running.fail(cause, seconds=time.monotonic() - begin)


def following(running: Running) -> Callable[[CurvePoint, float], bool]:
    """Reports the curve of the first part; of later ones the decision has been made."""
    reached = 0.0

    def follow(point: CurvePoint, fraction: float) -> bool:
        nonlocal reached
        if fraction <= reached or point.valid_score is None:
            reached = float("inf") if fraction <= reached else reached
            return False
        reached = fraction
        return running.report(point.valid_score, fraction)

    return follow


def read_back_best(session: TuningSession) -> None:
    """After a kill: the best trial whose weights are here."""
    higher = session.prepared.metric.higher_is_better
    for each in by_rank(session.study.history(), higher_is_better=higher):
        if each.fidelity == 1.0 and (session.folder.trials / each.trial / "trial.json").is_file() and each.trial:
            recipe = session.recipe_of(dict(each.values))
            session.keep(session.trials().run(session.arena, recipe, title=f"trial {each.number + 1}"))
            return


def tidy(session: TuningSession, *, in_training: Collection[str] = ()) -> None:
    """Weights of trials that nobody will ask for are removed; their scores and curves stay in the study.

    ``in_training``: names of jobs, whose checkpoints stay.
    """
    history = session.study.history()
    full = [t for t in history if t.fidelity == 1.0]
    best = by_rank(full, higher_is_better=session.prepared.metric.higher_is_better)[:KEEP]
    kept = {t.trial for t in best} | {t.key for t in (session.start, session.best) if t is not None}
    for each in history:
        folder = session.folder.trials / each.trial
        if each.trial and each.trial not in kept and folder.is_dir():
            (folder / "trial.json").unlink(missing_ok=True)  # first, so that half a folder is never taken for a whole
            shutil.rmtree(folder, ignore_errors=True)
    for left in session.folder.checkpoints.iterdir():
        if left.name not in in_training:
            shutil.rmtree(left, ignore_errors=True)
