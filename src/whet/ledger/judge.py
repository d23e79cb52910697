"""The judge: does the candidate beat the incumbent, or does it only look so?

Three ways to the same question. Metrics that are means over examples (and rmse, by an exact identity): the mean
paired difference against V = s_pool² (1/k + 1/k_incumbent) + s_ex² / n, one-sided t on Satterthwaite degrees of
freedom. Out-of-fold scores: Nadeau and Bengio's corrected t over all folds. Other metrics: the paired cluster
bootstrap crossed with seeds. Then every gate must hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from whet.errors import DataError, ShapeError
from whet.evaluation.metric import Metric
from whet.ledger.compare import by_bootstrap, over_examples, over_folds
from whet.ledger.entry import Verdict
from whet.ledger.gains import example_gains, mean_variance
from whet.ledger.gates import broken_gates, default_margin
from whet.ledger.judgement import Judgement
from whet.ledger.limits import Cost, Limits
from whet.ledger.noise import SAME_WEIGHTS, NoiseFloor
from whet.ledger.slice_gate import worse_slices
from whet.ledger.statistic import Evidence
from whet.ledger.words import say_gain

__all__ = ["judge"]

HARM = 0.05


def judge(
    metric: Metric,
    truth: np.ndarray,
    candidate: np.ndarray,
    incumbent: np.ndarray,
    *,
    noise: NoiseFloor,
    alpha: float,
    margin: float = 0.0,
    clusters: np.ndarray | None = None,
    slices: Mapping[str, np.ndarray] | None = None,
    folds: np.ndarray | None = None,
    train_share: float | None = None,
    cost: Cost | None = None,
    limits: Limits | None = None,
    retrained: bool = True,
    seed: int = 0,
) -> Judgement:
    """Judge ``candidate`` (k, N, K) against ``incumbent`` (k_incumbent, N, K) on the same N examples.

    Args:
        truth: (N,) class codes or numbers.
        noise: the seed variance of all earlier rows; the candidate's own seeds are added here. One seed is legal.
        alpha: what this row may spend, from ``Spending``.
        margin: smallest gain worth adopting, in the metric's unit; never less than ``default_margin``.
        clusters: (N,) ids of examples that belong together; None: all independent.
        slices: name -> (N,) ids of groups that must not get worse.
        folds: (N,) or (repeats, N): which part evaluated each example, when the scores are out-of-fold and
            candidate and incumbent share the partitions. None: a fixed hold-out.
        train_share: share of the examples in one training; None: 1 - 1/K.
        cost, limits: what the candidate costs to run, and may cost.
        retrained: False where the candidate is the incumbent's weights used otherwise: no seed lies between the two,
            so the claim is about these weights and only the examples are a source of chance.
        seed: of the bootstrap.
    """
    _check(truth, candidate, incumbent)
    if not np.isfinite(candidate).all():
        return _failed(metric, truth, candidate, noise)
    after = [metric.compute(truth, scores) for scores in candidate]
    before = [metric.compute(truth, scores) for scores in incumbent]
    pool = noise.with_seeds(after) if np.isfinite(after).all() else noise
    sides = (metric, truth, candidate, incumbent)
    if folds is not None:
        evidence, details = _over_folds(*sides, folds, train_share)
    else:
        evidence, details = _over_seeds(*sides, pool if retrained else SAME_WEIGHTS, clusters, seed)
    inflation = details.pop("inflation", 1.0)
    worse = worse_slices(*sides, slices or {}, clusters=clusters, inflation=inflation)
    needed = max(margin, default_margin(metric, float(np.mean(before))))
    faults = broken_gates(metric, evidence, alpha=alpha, margin=needed, worse=worse)
    faults += limits.broken_by(cost or Cost()) if limits is not None else []
    verdict, reason = _sentence(metric, evidence, faults)
    return Judgement(
        verdict=verdict,
        reason=reason,
        before=float(np.mean(before)),
        after=float(np.mean(after)),
        gain=float(evidence.gain),
        low=float(evidence.low),
        high=float(evidence.high),
        p=float(evidence.p),
        p_better=float(evidence.p_better),
        num_examples=len(truth),
        num_seeds=len(candidate),
        noise=pool,
        details={
            **details,
            "alpha": alpha,
            "margin": needed,
            "df": float(evidence.df),
            "p_harm": float(evidence.p_harm),
            "p_better": float(evidence.p_better),
            "seed_std": pool.std,
            "num_incumbent_seeds": len(incumbent),
            "worse_slices": [vars(row) for row in worse],
        },
    )


def _over_folds(
    metric: Metric,
    truth: np.ndarray,
    candidate: np.ndarray,
    incumbent: np.ndarray,
    folds: np.ndarray,
    train_share: float | None,
) -> tuple[Evidence, dict[str, Any]]:
    parts = _partitions(folds, min(len(candidate), len(incumbent)), len(truth))
    evidence, count = over_folds(metric, truth, candidate, incumbent, parts, train_share=train_share)
    return evidence, {"method": "corrected t-test over folds", "num_folds": count, "num_repeats": len(parts)}


def _over_seeds(
    metric: Metric,
    truth: np.ndarray,
    candidate: np.ndarray,
    incumbent: np.ndarray,
    pool: NoiseFloor,
    clusters: np.ndarray | None,
    seed: int,
) -> tuple[Evidence, dict[str, Any]]:
    gains = example_gains(metric, truth, candidate, incumbent)
    if gains is None:
        evidence = by_bootstrap(metric, truth, candidate, incumbent, pool, clusters=clusters, seed=seed)
        return evidence, {"method": "paired cluster bootstrap crossed with seeds"}
    evidence = over_examples(gains, pool, runs=(len(candidate), len(incumbent)), clusters=clusters)
    sampling = mean_variance(gains, clusters)[0]
    # slices are tested with the same share of seed variance on top of their own sampling variance
    inflation = float(evidence.error**2 / sampling) if sampling > 0 else 1.0
    return evidence, {"method": "paired t-test over seeds and examples", "inflation": inflation}


def _sentence(metric: Metric, evidence: Evidence, faults: list[str]) -> tuple[Verdict, str]:
    gain = say_gain(metric, evidence.gain, evidence.low, evidence.high)
    if not faults:
        return Verdict.ADOPTED, f"{metric.title} gained {gain}; every gate held (p = {evidence.p:.2g})"
    if evidence.p_harm <= HARM:
        return Verdict.HARMFUL, f"{metric.title} changed by {gain}: worse, p = {evidence.p_harm:.2g} for harm"
    return Verdict.NO_EVIDENCE, f"{metric.title} changed by {gain}; not adopted because " + "; ".join(faults)


def _failed(metric: Metric, truth: np.ndarray, candidate: np.ndarray, noise: NoiseFloor) -> Judgement:
    broken = int((~np.isfinite(candidate)).any(axis=(0, 2)).sum())
    cause = f"the candidate's predictions are not finite on {broken:,} of {len(truth):,} examples"
    return Judgement(
        verdict=Verdict.FAILED,
        reason=f"{metric.title} cannot be measured: {cause}",
        before=None,
        after=None,
        gain=None,
        low=None,
        high=None,
        p=None,
        p_better=None,
        num_examples=len(truth),
        num_seeds=len(candidate),
        noise=noise,
        details={"cause": cause},
    )


def _check(truth: np.ndarray, candidate: np.ndarray, incumbent: np.ndarray) -> None:
    for name, scores in (("candidate", candidate), ("incumbent", incumbent)):
        if scores.ndim != 3 or scores.shape[1:] != (len(truth), candidate.shape[-1]) or len(scores) == 0:
            raise ShapeError(
                f"judge: {name} must be (k, {len(truth)}, K) with k at least 1 and the same K for both; "
                f"got {scores.shape}. Stack the scores of the seeds with numpy.stack."
            )
    if len(truth) < 2:
        raise DataError(f"judge needs at least 2 examples; got {len(truth)}.")
    if not np.isfinite(incumbent).all():
        raise DataError("judge: the incumbent's scores hold NaN or infinity; only a working model can be an incumbent.")


def _partitions(folds: np.ndarray, shared: int, num_examples: int) -> np.ndarray:
    """(shared, N): one partition per repeat that candidate and incumbent both have."""
    parts = np.broadcast_to(folds, (shared, num_examples)) if folds.shape == (num_examples,) else folds
    if parts.ndim != 2 or parts.shape[1] != num_examples or len(parts) < shared:
        raise ShapeError(
            f"judge: folds must be ({num_examples},) or ({shared} repeats, {num_examples}); got {folds.shape}."
        )
    return parts[:shared]
