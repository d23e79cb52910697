"""Give the recipe in force the time that is left, with a network of the size that fits it."""

from __future__ import annotations

from dataclasses import replace

from whet.improving.baselines import title_of
from whet.improving.confirming import confirm
from whet.improving.planner import propose
from whet.improving.remedying import LONG
from whet.improving.session import Session
from whet.improving.shares import Shares
from whet.improving.trials import Wanted
from whet.ledger.entry import Stage
from whet.recipe import Length

__all__ = ["run_alternatives", "run_longer", "run_more_seeds"]


def run_longer(session: Session, *, seconds: float) -> None:
    """One long training, judged against the incumbent; the pooled noise floor stands in for its single seed."""
    facts = replace(session.prepared.facts, seconds_left=seconds / session.wall_s(session.arena.num_parts))
    for proposal in propose(session.incumbent[0].recipe, facts, session.findings, tried=session.tried):
        if proposal.remedy == LONG:
            confirm(session, proposal, repeats=1, also_hidden=True)
            return


def run_alternatives(session: Session, *, until_s: float, exploring_s: float) -> None:
    """Other architectures, each with a share of its own: figures, and candidates for the ensemble.

    Beside a network of the user's own the task's default is the first of them.
    """
    seconds = Shares().alternative * exploring_s / session.wall_s(session.arena.num_parts)
    counted = session.options.epochs is not None
    task, facts = session.prepared.task, session.prepared.facts
    defaults = [] if session.prepared.own is None else [task.default(facts)]
    wanted = []
    for recipe in (*defaults, *task.alternatives(facts)):
        epochs = session.options.epochs if counted else recipe.length.epochs
        length = Length(seconds=None if counted else round(seconds, 2), epochs=epochs)
        wanted.append(Wanted(recipe=replace(recipe, length=length), title=title_of(recipe)))
    trial_s, size = seconds * session.arena.num_parts, session.num_workers
    for start in range(0, len(wanted), size):
        side_by_side = wanted[start : start + size]
        if session.clock.elapsed() + session.wall_s(trial_s, repeats=len(side_by_side)) > until_s:
            return
        session.measure_all(Stage.DEFAULT, side_by_side)


def run_more_seeds(session: Session, *, until_s: float, most: int = 6) -> None:
    """Further seeds of the best network, for the ensemble; they are no claim and have no row."""
    networks = [t for t in session.pool if t.curve]
    sign = 1.0 if session.prepared.metric.higher_is_better else -1.0
    best = max(networks, key=lambda t: sign * t.score)
    seeds = [t for t in networks if t.title == best.title]
    recipe, first = replace(best.recipe, seed=0), max(t.repeat for t in seeds) + 1
    for start in range(first, first + most - len(seeds), session.num_workers):
        repeats = range(start, min(start + session.num_workers, first + most - len(seeds)))
        if session.clock.elapsed() + session.wall_s(best.seconds, repeats=len(repeats)) >= until_s:
            return
        session.run_ahead([Wanted(recipe=recipe, title=best.title, repeat=r) for r in repeats])
        for repeat in repeats:
            session.run(recipe, title=best.title, repeat=repeat)
