"""The search itself: ask the method, train, write down; what was written down before a kill is never run again."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable

from whet.errors import ConfigError, ShapeError, TrainingFailedError
from whet.improving.trials import Trial
from whet.ledger.entry import Decision, Plan, Stage, Verdict
from whet.recipe import Recipe
from whet.search.study import Running
from whet.search.tried import Proposal, Tried, by_rank
from whet.training.fitted import CurvePoint
from whet.training.pruned import Pruned
from whet.tuning.session import TuningSession

__all__ = ["run_search", "run_start"]

KEEP = 10  # trials whose weights stay in the run folder
STALE = 100  # duplicates in a row after which the space counts as exhausted
BROKEN = 20  # failures in a row after which the search gives up


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
    _read_back_best(session)
    for number in session.study.left_running():
        if session.fits(1.0, keep_s=_reserve_s(session)):
            _train(session, session.study.again(number))
    num_stale = num_broken = 0
    while num_stale < STALE and num_broken < BROKEN:
        history = session.study.history()
        proposal = session.method.propose(session.setup, history)
        if proposal is None:
            return "everything that was asked for has been tried"
        proposal = _last_chance(session, history, proposal)
        if not session.fits(proposal.fidelity, keep_s=_reserve_s(session)):
            return "the rest of the budget is kept for the comparison at the end"
        recipe = _recipe(session, proposal)
        digest = "" if isinstance(recipe, ConfigError) else recipe.digest()
        earlier = _earlier(session, history, digest)
        if earlier is not None:
            session.study.repeat(proposal, digest, earlier)
            num_stale += 1
            continue
        num_stale = 0
        is_fine = _train(session, session.study.begin(proposal, digest))
        num_broken = 0 if is_fine else num_broken + 1
        _tidy(session)
    return "no new combination turns up any more" if num_stale >= STALE else f"{BROKEN} trials in a row failed"


def _train(session: TuningSession, running: Running) -> bool:
    """Train one trial and write down its outcome; False when it failed."""
    begin = time.monotonic()
    title = f"trial {running.number + 1}"
    recipe = _recipe(session, running.proposal)
    if isinstance(recipe, ConfigError):
        running.fail(str(recipe), seconds=0.0)
        return False
    session.observer.doing(f"{title}: {_in_words(running.proposal)}")
    try:
        trial = session.trials(_following(running)).run(session.arena, recipe, title=title)
    except Pruned:
        running.prune(seconds=time.monotonic() - begin)
        return True
    except (TrainingFailedError, ConfigError, ShapeError) as fault:
        cause = fault.cause if isinstance(fault, TrainingFailedError) else str(fault)
        session.observer.say(f"{title} failed: {cause}")
        running.fail(cause, seconds=time.monotonic() - begin)
        return False
    if running.proposal.fidelity == 1.0:
        session.keep(trial)
    seconds = time.monotonic() - begin
    running.complete(trial.score, seconds=seconds, trial=trial.key)
    seen = time.monotonic() - begin - trial.seconds
    session.overhead_s += 0.3 * (seen - session.overhead_s)  # a mean that forgets, so that one hiccup does not count
    return True


def _last_chance(session: TuningSession, history: list[Tried], proposal: Proposal) -> Proposal:
    """Where a short training would use up the time of the only full one, the best short one so far is trained in full.

    Plans go wrong when the machine turns slow; without this a search by rank could end with short trainings alone.
    """
    if proposal.fidelity == 1.0 or any(t.fidelity == 1.0 for t in history):
        return proposal
    if session.fits(1.0, proposal.fidelity, keep_s=_reserve_s(session)):
        return proposal
    longest = max((t.fidelity for t in history if t.score is not None), default=0.0)
    ranked = by_rank(
        [t for t in history if t.fidelity == longest], higher_is_better=session.prepared.metric.higher_is_better
    )
    return Proposal(values=ranked[0].values, note={"early": 1}) if ranked else proposal


def _reserve_s(session: TuningSession) -> float:
    assert session.start is not None
    has_winner = session.best is not None and session.better(session.best.score, session.start.score)
    return session.finish_s() + session.plan.comparing_s(has_winner=has_winner)


def _following(running: Running) -> Callable[[CurvePoint, float], bool]:
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


def _recipe(session: TuningSession, proposal: Proposal) -> Recipe | ConfigError:
    """The recipe, or why these values make none: each was allowed for itself, but not together."""
    try:
        return session.recipe_of(dict(proposal.values), proposal.fidelity)
    except ConfigError as fault:
        return fault


def _earlier(session: TuningSession, history: list[Tried], digest: str) -> Tried | None:
    """The trial that trained this very recipe before."""
    start = session.start
    assert start is not None
    if digest and digest == session.base.digest():
        return Tried(
            number=-1, values={}, state="complete", digest=digest, score=start.score, trial=start.key,
            curve={},
        )  # fmt: skip
    same = [t for t in history if digest and t.digest == digest and t.state != "running" and t.duplicate_of is None]
    return same[0] if same else None


def _read_back_best(session: TuningSession) -> None:
    """After a kill: the best trial whose weights are here."""
    higher = session.prepared.metric.higher_is_better
    for each in by_rank(session.study.history(), higher_is_better=higher):
        if each.fidelity == 1.0 and (session.folder.trials / each.trial / "trial.json").is_file() and each.trial:
            recipe = session.recipe_of(dict(each.values))
            session.keep(session.trials().run(session.arena, recipe, title=f"trial {each.number + 1}"))
            return


def _tidy(session: TuningSession) -> None:
    """Weights of trials that nobody will ask for are removed; their scores and curves stay in the study."""
    history = session.study.history()
    full = [t for t in history if t.fidelity == 1.0]
    best = by_rank(full, higher_is_better=session.prepared.metric.higher_is_better)[:KEEP]
    kept = {t.trial for t in best} | {t.key for t in _kept(session)}
    for each in history:
        folder = session.folder.trials / each.trial
        if each.trial and each.trial not in kept and folder.is_dir():
            (folder / "trial.json").unlink(missing_ok=True)  # first, so that half a folder is never taken for a whole
            shutil.rmtree(folder, ignore_errors=True)
    for left in session.folder.checkpoints.iterdir():
        shutil.rmtree(left, ignore_errors=True)


def _kept(session: TuningSession) -> list[Trial]:
    return [t for t in (session.start, session.best) if t is not None]


def _in_words(proposal: Proposal) -> str:
    shown = ", ".join(f"{name.rpartition('.')[2]} {value}" for name, value in proposal.values.items())
    return shown if proposal.fidelity == 1.0 else f"{shown} at {proposal.fidelity:.2g} of the length"
