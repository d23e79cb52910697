"""Soups of the trials that were fine-tuned from one pretrained body; see ``ensembling.soup``."""

from __future__ import annotations

import hashlib
import json
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from whet.ensembling.soup import are_alike, averaged_state, greedy_soup
from whet.improving.session import Session
from whet.improving.trials import Trial
from whet.ledger.entry import Decision, Plan, Stage, Verdict
from whet.training.fitted import Fitted
from whet.training.restore import restore

__all__ = ["groups", "run_soups", "soup_of"]

MOST = 5  # ingredients that are tried
SHARE = 0.03  # of the budget that tasting may take


def run_soups(session: Session) -> None:
    """A soup of each group of trials; one that is not worse than its best ingredient joins the pool."""
    for group in groups(session.pool, crossed=session.arena.num_parts > 1):
        best = _ordered(session, group)[0]
        found: list[Trial] = []

        def work(group: list[Trial] = group, best: Trial = best, found: list[Trial] = found) -> Decision:
            soup = soup_of(session, group, seconds=_seconds(session))
            found.extend([] if soup is None else [soup])
            after = best.score if soup is None else soup.score
            return Decision(
                verdict=Verdict.MEASURED,
                reason="no ingredient made it better" if soup is None else "kept: it is not worse; a figure, no claim",
                before=best.score,
                after=after,
                gain=session.gain(after, best.score),
                num_examples=len(best.scores),
                details={"ingredients": 1 if soup is None else soup.ingredients},
            )

        plan = Plan(
            stage=Stage.ENSEMBLE,
            remedy="soup",
            change=f"soup of trials like {best.title}",
            because="fine-tunings of one body end in one valley",
            recipe=best.recipe.digest(),
        )
        decision = session.book.row(plan, work)
        if not found and dict(decision.details).get("ingredients", 1) > 1:  # a resumed run: stir it again
            soup = soup_of(session, group, seconds=float("inf"))
            found = [] if soup is None else [soup]
        for each in found:
            session.keep(each)


def groups(pool: Sequence[Trial], *, crossed: bool) -> list[list[Trial]]:
    """Trials of one architecture and one body, and with cross-validation of one partition: two or more each."""
    found: dict[str, list[Trial]] = defaultdict(list)
    for trial in pool:
        recipe = trial.recipe
        if trial.curve and recipe.backbone is not None and trial.ingredients == 1:
            same = [recipe.architecture, dict(recipe.settings), dict(recipe.encoding), recipe.backbone]
            found[json.dumps([*same, trial.repeat if crossed else 0], sort_keys=True, default=str)].append(trial)
    return [group for group in found.values() if len(group) > 1]


def soup_of(session: Session, group: Sequence[Trial], *, seconds: float) -> Trial | None:
    """The greedy soup as a trial; None where it is its best ingredient alone."""
    ordered = _ordered(session, group)[:MOST]
    session.observer.doing(f"soup of {len(ordered)} trials")
    end, sign = time.monotonic() + seconds, 1.0 if session.prepared.metric.higher_is_better else -1.0
    tasted: dict[tuple[int, ...], tuple[list[Fitted], np.ndarray]] = {}

    def score(kept: tuple[int, ...]) -> float:
        if len(kept) == 1:
            return sign * ordered[kept[0]].score
        stirred = None if time.monotonic() > end else _stirred(session, [ordered[i] for i in kept])
        if stirred is None:
            return float("-inf")
        tasted[kept] = stirred
        return sign * float(session.prepared.metric.compute(session.arena.truth, stirred[1]))

    kept = greedy_soup(len(ordered), score)
    if len(kept) == 1:
        return None
    parts, scores = tasted[kept]
    names = "/".join(ordered[i].key for i in kept)
    soup = replace(
        ordered[0],
        key=hashlib.sha256(f"soup/{names}".encode()).hexdigest()[:20],
        title=f"soup of {len(kept)}",
        scores=scores,
        score=float(session.prepared.metric.compute(session.arena.truth, scores)),
        ingredients=len(kept),
    )
    session.trials.store(soup, parts)
    return soup


def _stirred(session: Session, trials: Sequence[Trial]) -> tuple[list[Fitted], np.ndarray] | None:
    """Averaged models, part by part, and their scores; None where the networks do not fit one another."""
    parts: list[Fitted] = []
    scores = np.zeros_like(trials[0].scores)
    for number, (_, valid) in enumerate(session.arena.parts_of(trials[0].repeat)):
        states = [session.trials.fitted(t)[number].state() for t in trials]
        if not are_alike(states):
            return None
        part = restore(trials[0].recipe, session.trials.target, averaged_state(states))
        scores[np.searchsorted(session.arena.evaluated, valid)] = part.scores(session.prepared.data.take(valid))
        parts.append(part)
    return parts, scores


def _ordered(session: Session, group: Sequence[Trial]) -> list[Trial]:
    sign = 1.0 if session.prepared.metric.higher_is_better else -1.0
    return sorted(group, key=lambda t: -sign * t.score)


def _seconds(session: Session) -> float:
    return float("inf") if session.clock.budget_s is None else SHARE * session.clock.budget_s
