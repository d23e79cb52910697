"""Start from a pretrained body: frozen features first, because they give the most per second, then fine-tuning.

Each is a remedy with a row of its own, judged against the better of the default network and what came before it.
"""

from __future__ import annotations

from dataclasses import replace

from whet.improving.confirming import confirm
from whet.improving.lengthening import run_more_seeds
from whet.improving.planner import TRANSFER_STEPS as STEPS
from whet.improving.planner import Proposal, propose
from whet.improving.refitting import SLACK, estimated_seconds
from whet.improving.remedying import run_remedies
from whet.improving.session import Session
from whet.improving.shares import LARGE
from whet.ledger.entry import Verdict
from whet.models.estimators.estimator import estimators
from whet.recipe import Length, Recipe

__all__ = ["run_rest", "run_transfer"]

FROZEN_SHARE, TRAINED_SHARE = 0.35, 0.75  # of the time that is left: at most so much for each


def run_transfer(session: Session, *, until_s: float) -> None:
    """Try each way of using the body that time allows; the incumbent stays a network."""
    network = session.incumbent
    for name in STEPS:
        proposal = _proposal(session, name, until_s=until_s)
        if proposal is None:
            continue
        verdict = confirm(session, proposal, repeats=1, also_hidden=True)
        if verdict is Verdict.ADOPTED and proposal.recipe.architecture not in estimators:
            network = session.incumbent
    session.incumbent = network


def _proposal(session: Session, name: str, *, until_s: float) -> Proposal | None:
    """The remedy's proposal with its share of the time; None when it does not apply or time is over."""
    left = until_s - session.clock.elapsed() - scoring_seconds(session)
    incumbent = session.incumbent[0].recipe
    for proposal in propose(incumbent, session.prepared.facts, session.findings, tried=session.tried):
        if proposal.remedy == name and left > 1.0:
            share = FROZEN_SHARE if proposal.recipe.architecture in estimators else _trained_share(session)
            return replace(proposal, recipe=_timed(session, proposal.recipe, share * left))
    return None


def _trained_share(session: Session) -> float:
    """What one training may take so that another on all examples still fits."""
    num_all = len(session.prepared.data) + session.prepared.sealed.num
    if num_all >= LARGE:
        return TRAINED_SHARE
    return 0.95 / (1 + SLACK * num_all / session.arena.num_train)


def scoring_seconds(session: Session) -> float:
    """What two bodies will take over the sealed examples, from what the frozen one took over the others."""
    frozen = [t for t in session.pool if t.recipe.architecture == STEPS[0]]
    if not frozen:
        return 0.0
    return 2.5 * frozen[0].seconds * session.prepared.sealed.num / len(session.prepared.data)


def run_rest(session: Session, *, until_s: float) -> None:
    """After a body was trained, everything else is dear: remedies and seeds only beside a training on all examples."""
    body = session.incumbent[0]
    num_all = len(session.prepared.data) + session.prepared.sealed.num
    until_s -= scoring_seconds(session) + 1.1 * estimated_seconds(session, body, num_all)
    left = until_s - session.clock.elapsed()
    if left > 3 * body.seconds:
        run_remedies(session, until_s=until_s - body.seconds, exploring_s=left)
    run_more_seeds(session, until_s=until_s)


def _timed(session: Session, recipe: Recipe, seconds: float) -> Recipe:
    if session.options.budget_s is None:
        epochs = recipe.length.epochs if session.options.epochs is None else session.options.epochs
        return replace(recipe, length=Length(seconds=None, epochs=epochs))
    # Frozen features are computed in the first part and known in the others.
    parts = 1 if recipe.architecture in estimators else session.arena.num_parts
    each = session.folder.remember(f"transfer_s_{recipe.digest()}", lambda: round(seconds / parts, 2))
    return replace(recipe, length=Length(seconds=max(1.0, float(each)), epochs=recipe.length.epochs))
