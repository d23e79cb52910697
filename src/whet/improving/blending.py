"""The ensemble, judged as one remedy of its own, then calibration and decision thresholds."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

import whet.remedies  # noqa: F401  (registers the remedies after training)
from whet.evaluation.blend import Blend
from whet.evaluation.calibration import apply_temperature, fit_temperature
from whet.evaluation.metric import Metric, metrics
from whet.improving.confirming import weigh
from whet.improving.ensemble import constrained_weights, cross_fitted, ensemble_weights, is_worse
from whet.improving.session import Session
from whet.improving.trials import Trial, Weighted
from whet.ledger.entry import Decision, Plan, Stage, Verdict
from whet.remedies.posthoc import posthoc

__all__ = ["Handover", "blend_trials"]

CALIBRATED = 50  # examples from which a temperature per member is fitted
SMALLEST_WEIGHT = 0.03  # members below it cost time at prediction and change nothing


@dataclass(frozen=True, kw_only=True)
class Handover:
    """What is handed over: trials with weights, and what is made of their mean."""

    members: tuple[Weighted, ...]
    blend: Blend
    scores: np.ndarray  # (N, K) on the arena's examples, after the blend


def blend_trials(session: Session) -> Handover:
    """Select, judge, and use the ensemble only where it is not worse than the best single model."""
    assert session.best is not None
    members: tuple[Weighted, ...] = (Weighted(trial=session.best),)
    if len(session.pool) > 1:
        members = _ensemble(session, session.best)
    scores = [m.trial.scores for m in members]
    blend = Blend(weights=tuple(m.weight for m in members), member_temperatures=tuple(m.temperature for m in members))
    for name, remedy in posthoc.items():
        metric = metrics[remedy.judged_by] if remedy.judged_by else session.prepared.metric
        changed = remedy.fit(blend, blend.combine(scores), session.arena.truth, session.prepared.metric)
        if changed is not None:
            blend = _kept(session, name, remedy.title, metric, blend, changed, scores)
    return Handover(members=members, blend=blend, scores=blend.combine(scores))


def _ensemble(session: Session, best: Trial) -> tuple[Weighted, ...]:
    """The ensemble's members, or the best single trial where they are not better together."""
    pool, truth = session.pool, session.arena.truth
    temperatures = [_temperature(t.scores, truth) for t in pool]
    scores = [apply_temperature(t.scores, c) for t, c in zip(pool, temperatures, strict=True)]
    fair = cross_fitted(scores, truth, session.arena.clusters, seed=session.options.seed)

    def work() -> Decision:
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
    decision = session.book.row(plan, work)
    session.num_judged += 1
    number = next(i for i, t in enumerate(pool) if t.key == best.key)
    if decision.verdict in (Verdict.HARMFUL, Verdict.FAILED) or is_worse(fair, scores[number], truth):
        return (Weighted(trial=best),)
    weights = _not_worse(session, _trimmed(ensemble_weights(scores, truth)), scores, number)
    return tuple(
        Weighted(trial=t, weight=float(w), temperature=c)
        for t, w, c in zip(pool, weights, temperatures, strict=True)
        if w > 0
    )


def _not_worse(session: Session, weights: np.ndarray, scores: list[np.ndarray], best: int) -> np.ndarray:
    """``weights`` where their blend is not worse than the best single member in the primary metric, else others."""
    truth, metric = session.arena.truth, session.prepared.metric

    def is_allowed(blend: np.ndarray) -> bool:
        return not session.better(session.pool[best].score, float(metric.compute(truth, blend)))

    if is_allowed(np.tensordot(weights, np.stack(scores), axes=1)):
        return weights
    return constrained_weights(scores, truth, start=best, is_allowed=is_allowed)


def _temperature(scores: np.ndarray, truth: np.ndarray) -> float:
    """A member's own, so that over-confident members do not drown the others; 1 for numbers and tiny data."""
    return fit_temperature(scores, truth) if scores.shape[1] > 1 and len(truth) >= CALIBRATED else 1.0


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
