"""The default deep recipe: how fast it trains here, in which arena it can be judged, and how much seeds matter."""

from __future__ import annotations

import math
import time
from dataclasses import replace

import numpy as np

from whet.errors import TrainingFailedError
from whet.improving.arena import Arena, cross_validation, hold_out
from whet.improving.baselines import title_of
from whet.improving.deadline import OutOfTime, time_limit
from whet.improving.options import Options
from whet.improving.prepare import Prepared
from whet.improving.session import Session, noted
from whet.improving.shares import LARGE, Shares
from whet.improving.trials import Trials, Wanted
from whet.ledger.entry import Decision, Plan, Stage, Verdict
from whet.recipe import Length, Recipe

__all__ = ["choose_arena", "measure_pace", "run_default"]

SMALL = 3_000  # examples below which a fixed validation part would be too small
MIDDLE = 15_000  # ... and below which folds, where they are cheap, still show more than one part would
FOLDS_OF_BODIES = 1_000  # examples from which training a pretrained body once per fold takes too long
TINY = 500  # below which it would say nothing at all, so that folds are used at any price

OVERRUN = 4.0  # times its seconds after which measuring the pace is given up


def measure_pace(prepared: Prepared, trials: Trials, *, seconds: float) -> float:
    """Seconds per epoch of the default recipe on the training part, from a moment of training that is thrown away."""
    recipe = replace(prepared.default_recipe(), length=Length(seconds=seconds, epochs=None))
    most_s = max(1.0, OVERRUN * seconds)  # what precedes the first step does not look at the clock
    try:
        alone = None if trials.engine.num_workers == 1 else 1  # as beside others: one thread
        with time_limit(most_s):
            training = trials.refit(recipe, prepared.data.take(prepared.train), name="pace", num_threads=alone)
    except OutOfTime:
        return most_s
    except TrainingFailedError:
        return seconds
    first, last = training.curve[0], training.curve[-1]
    if last.epoch > first.epoch:  # between two records: without encoding and calibration
        return (last.seconds - first.seconds) / (last.epoch - first.epoch)
    return training.seconds / max(1e-3, training.epochs)


def choose_arena(
    prepared: Prepared, options: Options, epoch_s: float | None, *, exploring_s: float, num_workers: int = 1
) -> Arena:
    """Repeated out-of-fold for small data where its price allows, otherwise a fixed validation part."""
    if epoch_s is None:
        small = len(prepared.data) < SMALL
        return cross_validation(prepared, num_folds=5, seed=options.seed) if small else hold_out(prepared)
    if len(prepared.data) >= MIDDLE or (prepared.facts.backbone is not None and len(prepared.data) >= FOLDS_OF_BODIES):
        return hold_out(prepared)
    epochs = prepared.default_recipe().length.epochs or 20.0
    for num_folds in (5, 3):
        cost = (
            math.ceil(num_folds / num_workers)
            * epochs
            * epoch_s
            * (1 - 1 / num_folds)
            * len(prepared.data)
            / len(prepared.train)
        )
        share = Shares().cross_validation if len(prepared.data) < SMALL else Shares().cross_validation / 2
        if cost <= share * exploring_s:
            return cross_validation(prepared, num_folds=num_folds, seed=options.seed)
    if len(prepared.data) < TINY:
        return cross_validation(prepared, num_folds=5, seed=options.seed)
    return hold_out(prepared)


def run_default(session: Session, *, exploring_s: float) -> None:
    """Train the default recipe with several seeds: the incumbent, and the noise floor."""
    recipe = _with_length(session, session.prepared.default_recipe(), exploring_s)
    title = title_of(recipe)
    session.tried.add(recipe.digest())

    def ahead(repeats: int) -> None:
        session.run_ahead([Wanted(recipe=recipe, title=title, repeat=r) for r in range(repeats)])

    def work() -> Decision:
        begin = time.monotonic()
        if session.arena.num_parts == 1:  # so many seeds are trained whatever the first one takes
            ahead(min(session.num_workers, Shares().repeats))
        session.incumbent = [session.run(recipe, title=title)]
        seconds = session.incumbent[0].seconds
        repeats = _repeats(session, seconds, exploring_s)
        ahead(repeats)
        for repeat in range(1, repeats):
            session.incumbent.append(session.run(recipe, title=title, repeat=repeat))
        values = [t.score for t in session.incumbent]
        return Decision(
            verdict=Verdict.MEASURED,
            reason=_noise_in_words(values),
            before=session.baseline.score if session.baseline else None,
            after=float(np.mean(values)),
            num_examples=len(session.arena.truth),
            num_seeds=len(values),
            seconds=time.monotonic() - begin,
            details=noted(session.incumbent),
        )

    plan = Plan(
        stage=Stage.DEFAULT,
        remedy=recipe.architecture,
        change=title,
        because="every task has one",
        recipe=recipe.digest(),
        seeds=Shares().repeats,
    )
    decision = session.book.row(plan, work)
    if decision.verdict is Verdict.FAILED:
        session.observer.say(f"The default network failed: {decision.cause}. Simple models stand alone.")
        return
    if not session.incumbent:
        session.incumbent = [session.run(recipe, title=title, repeat=r) for r in range(decision.num_seeds)]
    session.default = session.incumbent[0]
    session.noise = session.noise.with_seeds([t.score for t in session.incumbent])


def _with_length(session: Session, recipe: Recipe, exploring_s: float) -> Recipe:
    if session.options.epochs is not None:
        return replace(recipe, length=Length(seconds=None, epochs=session.options.epochs))
    seconds = _seconds_each(session, exploring_s)
    limited = replace(recipe, length=replace(recipe.length, seconds=round(seconds, 2)))
    return session.prepared.task.sized(limited, session.prepared.facts, seconds=seconds)


def _noise_in_words(values: list[float]) -> str:
    if len(values) < 2:
        return "one seed: no time for a noise floor"
    return f"noise floor: standard deviation over {len(values)} seeds {np.std(values, ddof=1):.4g}"


def _repeats(session: Session, seconds: float, exploring_s: float) -> int:
    """Seeds of the default recipe, from what the first one took."""
    shares = Shares()
    if session.options.budget_s is None:
        return shares.repeats
    if session.arena.num_parts > 1:
        return max(1, min(shares.repeats, int(shares.folds_all * exploring_s / max(0.01, session.wall_s(seconds)))))
    wanted = 5 if seconds <= shares.cheap * exploring_s else shares.repeats
    most_s = shares.folds_all * exploring_s  # far more than what the recipe's length asks for: tiny budgets alone
    return max(r for r in range(1, wanted + 1) if r == 1 or session.wall_s(seconds, repeats=r) <= most_s)


def _seconds_each(session: Session, exploring_s: float) -> float:
    """Of one training of the default recipe, in one part of the arena."""
    shares, parts = Shares(), session.arena.num_parts
    if parts > 1:
        epochs = session.prepared.default_recipe().length.epochs or 20.0
        needed = 1.2 * epochs * (session.epoch_s or 0.0)
        rounds = session.wall_s(parts)
        return min(
            shares.folds_most * exploring_s / rounds, max(needed, shares.cross_validation * exploring_s / rounds)
        )
    largest = shares.default_large if len(session.prepared.data) >= LARGE else shares.default_most
    least, most = shares.default * exploring_s, largest * exploring_s
    wanted = shares.passes * (session.epoch_s or 0.0)
    # where even the most buys only a glimpse, seeds of a shorter one measure the noise as well and leave more time
    return shares.glimpse * exploring_s if wanted > 3 * most else min(most, max(least, wanted))
