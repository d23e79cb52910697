"""A cheap look at many changes on an inner split of the training rows. It spends no alpha and makes no claim."""

from __future__ import annotations

from dataclasses import replace

from whet.improving.arena import Arena
from whet.improving.planner import Proposal
from whet.improving.session import Session
from whet.ledger.entry import Decision, Plan, Stage, Verdict
from whet.recipe import Length, Recipe

__all__ = ["screen"]


def screen(
    session: Session, arena: Arena, proposals: list[Proposal], *, seconds: float, until_s: float
) -> list[Proposal]:
    """The third of ``proposals`` that did best against the incumbent at the same short length, best first."""
    base = _short(session.incumbent[0].recipe, seconds)
    reference = session.trials.run(arena, base, title="incumbent, screened")
    gains: list[tuple[float, Proposal]] = []
    for proposal in proposals:
        if session.clock.elapsed() + seconds > until_s:
            break
        gain = _screen_one(session, arena, proposal, reference.score, seconds)
        if gain is not None:
            gains.append((gain, proposal))
    ranked = sorted(gains, key=lambda pair: -pair[0])
    return [proposal for gain, proposal in ranked[: max(1, (len(ranked) + 2) // 3)] if gain > 0]


def _screen_one(session: Session, arena: Arena, proposal: Proposal, before: float, seconds: float) -> float | None:
    recipe = _short(proposal.recipe, seconds)

    def work() -> Decision:
        session.observer.doing(f"screening {proposal.change}")
        trial = session.trials.run(arena, recipe, title=f"{proposal.change}, screened")
        return Decision(
            verdict=Verdict.MEASURED,
            reason="screened at reduced length on an inner split of the training rows: no claim",
            before=before,
            after=trial.score,
            gain=session.gain(trial.score, before),
            num_examples=len(arena.truth),
            num_seeds=1,
            seconds=trial.seconds,
        )

    plan = Plan(
        stage=Stage.SCREEN,
        remedy=proposal.remedy,
        change=proposal.change,
        because=proposal.because,
        recipe=recipe.digest(),
        incumbent=session.incumbent[0].recipe.digest(),
        expected_seconds=seconds,
    )
    return session.book.row(plan, work).gain


def _short(recipe: Recipe, seconds: float) -> Recipe:
    if recipe.length.seconds is None:  # counted in epochs: a third of them
        return replace(recipe, length=Length(seconds=None, epochs=max(1.0, (recipe.length.epochs or 3.0) / 3)))
    return replace(recipe, length=replace(recipe.length, seconds=round(seconds, 2)))
