"""The ensemble, judged as one remedy of its own, then calibration and decision thresholds."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

import whet.remedies  # noqa: F401  (registers the remedies after training)
from whet.evaluation.blend import Blend
from whet.evaluation.metric import Metric, metrics
from whet.improving.confirming import weigh
from whet.improving.ensemble import cross_fitted, greedy_weights
from whet.improving.session import Session
from whet.improving.trials import Trial
from whet.ledger.entry import Decision, Plan, Stage, Verdict
from whet.remedies.posthoc import posthoc

__all__ = ["Handover", "blend_trials"]

SMALLEST_WEIGHT = 0.03  # members below it cost time at prediction and change nothing


@dataclass(frozen=True, kw_only=True)
class Handover:
    """What is handed over: trials with weights, and what is made of their mean."""

    members: tuple[tuple[Trial, float], ...]
    blend: Blend
    scores: np.ndarray  # (N, K) on the arena's examples, after the blend


def blend_trials(session: Session) -> Handover:
    """Select, judge, and use the ensemble only where it is not worse than the best single model."""
    assert session.best is not None
    members: tuple[tuple[Trial, float], ...] = ((session.best, 1.0),)
    if len(session.pool) > 1:
        members = _ensemble(session, members)
    weights = tuple(weight for _, weight in members)
    blend = Blend(weights=weights)
    for name, remedy in posthoc.items():
        scores = blend.combine([t.scores for t, _ in members])
        metric = metrics[remedy.judged_by] if remedy.judged_by else session.prepared.metric
        changed = remedy.fit(blend, scores, session.arena.truth, session.prepared.metric)
        if changed is not None:
            blend = _kept(session, name, remedy.title, metric, blend, changed, [t.scores for t, _ in members])
    return Handover(members=members, blend=blend, scores=blend.combine([t.scores for t, _ in members]))


def _ensemble(session: Session, single: tuple[tuple[Trial, float], ...]) -> tuple[tuple[Trial, float], ...]:
    pool, truth, best = session.pool, session.arena.truth, single[0][0]
    scores = [t.scores for t in pool]
    decisions: list[Decision] = []

    def work() -> Decision:
        fair = cross_fitted(scores, truth, session.arena.clusters, seed=session.options.seed)
        fair_score = float(session.prepared.metric.compute(truth, fair))
        candidate = replace(best, scores=fair, score=fair_score, title="ensemble", seconds=0.0)
        return weigh(session, [candidate], [best])

    plan = Plan(
        stage=Stage.ENSEMBLE,
        remedy="ensemble",
        change=f"greedy selection from {len(pool)} trials",
        because="models that err differently are better together",
        alpha=session.alpha(),
        incumbent=best.recipe.digest(),
        recipe=",".join(sorted(t.key for t in pool))[:400],
    )
    decisions.append(session.book.row(plan, work))
    session.num_judged += 1
    weights = _trimmed(greedy_weights(scores, truth))
    blended = np.tensordot(weights, np.stack(scores), axes=1)
    in_sample = float(session.prepared.metric.compute(truth, blended))
    fair_gain = decisions[0].gain
    worse = fair_gain is None or fair_gain < 0 or session.better(best.score, in_sample)
    if decisions[0].verdict in (Verdict.HARMFUL, Verdict.FAILED) or worse:
        return single
    return tuple((t, float(w)) for t, w in zip(pool, weights, strict=True) if w > 0)


def _trimmed(weights: np.ndarray) -> np.ndarray:
    kept = np.where(weights >= min(SMALLEST_WEIGHT, weights.max()), weights, 0.0)
    return np.asarray(kept / kept.sum())


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
