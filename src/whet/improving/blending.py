"""The ensemble, judged as one remedy of its own, then calibration and decision thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

import whet.remedies  # noqa: F401  (registers the remedies after training)
from whet.ensembling.choosing import choose
from whet.ensembling.losses import is_worse
from whet.ensembling.way import Way, ways
from whet.ensembling.ways.greedy import constrained_weights
from whet.evaluation.blend import Blend
from whet.evaluation.calibration import apply_temperature, fit_temperature
from whet.evaluation.metric import Metric, metrics
from whet.improving.confirming import weigh
from whet.improving.handover import Handover, alone, pooled
from whet.improving.session import Session
from whet.improving.trials import Trial, Weighted
from whet.ledger.entry import Decision, Plan, Stage, Verdict
from whet.remedies.posthoc import posthoc

__all__ = ["blend_trials", "calibrated"]

CALIBRATED = 50  # examples from which a temperature per member is fitted
SMALLEST_WEIGHT = 0.03  # members below it cost time at prediction and change nothing


def blend_trials(session: Session) -> Handover:
    """Select, judge, and use the ensemble only where it is not worse than the best single model."""
    assert session.best is not None
    return _ensemble(session, session.best) if len(session.pool) > 1 else alone(session.best)


def calibrated(session: Session, handover: Handover) -> Handover:
    """With the remedies after training that do not harm, each of which has a row of its own."""
    scores, blend = [m.trial.scores for m in handover.members], handover.blend
    for name, remedy in posthoc.items():
        metric = metrics[remedy.judged_by] if remedy.judged_by else session.prepared.metric
        changed = remedy.fit(blend, blend.combine(scores), session.arena.truth, session.prepared.metric)
        if changed is not None:
            blend = _kept(session, name, remedy.title, metric, blend, changed, scores)
    return replace(handover, blend=blend, scores=blend.combine(scores))


def _ensemble(session: Session, best: Trial) -> Handover:
    """The ensemble, or the best single trial where the trials are not better together."""
    pool, truth = session.pool, session.arena.truth
    temperatures = [_temperature(t.scores, truth) for t in pool]
    scores = [apply_temperature(t.scores, c) for t, c in zip(pool, temperatures, strict=True)]
    chosen = choose(scores, truth, session.arena.clusters, seed=session.options.seed)

    def work() -> Decision:
        fair_score = float(session.prepared.metric.compute(truth, chosen.fair))
        candidate = replace(best, scores=chosen.fair, score=fair_score, title="ensemble", seconds=0.0)
        decision = weigh(session, [candidate], [best], retrained=False)
        return replace(decision, details={**decision.details, "way": chosen.name, "losses": chosen.losses})

    plan = Plan(
        stage=Stage.ENSEMBLE,
        remedy="ensemble",
        change=f"{chosen.title} from {len(pool)} trials",
        because="models that err differently are better together",
        alpha=session.alpha(),
        incumbent=best.recipe.digest(),
        recipe=",".join(sorted(t.key for t in pool))[:400],
    )
    decision = session.book.row(plan, work)
    session.num_judged += 1
    number = next(i for i, t in enumerate(pool) if t.key == best.key)
    if decision.verdict in (Verdict.HARMFUL, Verdict.FAILED) or is_worse(chosen.fair, scores[number], truth):
        return alone(best)
    blend, kept = _trimmed(ways[chosen.name], chosen.blend, scores, truth)
    if not _is_allowed(session, number, blend.combine([scores[i] for i in kept])):
        blend, kept = _constrained(session, scores, number)
    members = tuple(
        Weighted(trial=pool[i], weight=w, temperature=temperatures[i] * c)
        for i, w, c in zip(kept, blend.weights, blend.member_temperatures or (1.0,) * len(kept), strict=True)
    )
    return pooled(members, blend)


def _is_allowed(session: Session, best: int, blended: np.ndarray) -> bool:
    """Is the blend not worse than the best single trial in the primary metric."""
    score = float(session.prepared.metric.compute(session.arena.truth, blended))
    return not session.better(session.pool[best].score, score)


def _constrained(session: Session, scores: list[np.ndarray], best: int) -> tuple[Blend, list[int]]:
    """The greedy ensemble of the lowest loss among those that are not worse in the primary metric."""
    weights = constrained_weights(
        scores, session.arena.truth, start=best, is_allowed=lambda blended: _is_allowed(session, best, blended)
    )
    kept = np.flatnonzero(weights).tolist()
    return Blend(weights=tuple(weights[kept].tolist())), kept


def _temperature(scores: np.ndarray, truth: np.ndarray) -> float:
    """A member's own, so that over-confident members do not drown the others; 1 for numbers and tiny data."""
    return fit_temperature(scores, truth) if scores.shape[1] > 1 and len(truth) >= CALIBRATED else 1.0


def _trimmed(way: Way, blend: Blend, scores: Sequence[np.ndarray], truth: np.ndarray) -> tuple[Blend, list[int]]:
    """The same way with the members that matter alone, and their positions."""
    weights = np.array(blend.weights)
    kept = np.flatnonzero(weights >= min(SMALLEST_WEIGHT * weights.sum(), weights.max())).tolist()
    if weights.sum() > weights[kept].sum():  # without small members the others need other weights
        blend = way.fit([scores[i] for i in kept], truth)
    else:
        blend = _of(blend, kept)
    used = np.flatnonzero(blend.weights).tolist()
    return _of(blend, used), [kept[n] for n in used]


def _of(blend: Blend, kept: Sequence[int]) -> Blend:
    """The blend without the other members, which have no weight."""
    temperatures = [blend.member_temperatures[i] for i in kept] if blend.member_temperatures else []
    return replace(blend, weights=tuple(blend.weights[i] for i in kept), member_temperatures=tuple(temperatures))


def _kept(
    session: Session, name: str, title: str, metric: Metric, old: Blend, new: Blend, scores: list[np.ndarray]
) -> Blend:
    """A remedy after training has a row of its own; it is used when it does not harm the metric it is meant for."""
    truth = session.arena.truth

    def work() -> Decision:
        before = float(metric.compute(truth, old.decide(old.combine(scores))))
        after = float(metric.compute(truth, new.decide(new.combine(scores))))
        gain = after - before if metric.higher_is_better else before - after
        return Decision(
            verdict=Verdict.MEASURED,
            reason=f"{metric.title} on the examples it was fitted on; it cannot change which examples are found"
            if metric.name == "log_loss"
            else f"{metric.title} on the examples it was fitted on: no claim",
            before=before,
            after=after,
            gain=gain,
            num_examples=len(truth),
            details={"temperature": new.temperature, "decision": list(new.decision), "metric": metric.name},
        )

    plan = Plan(stage=Stage.CALIBRATE, remedy=name, change=title, because="probabilities should mean what they say")
    decision = session.book.row(plan, work)
    return new if (decision.gain or 0.0) >= 0 else old
