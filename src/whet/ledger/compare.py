"""The three ways to compare (k, N, K) scores of a candidate with those of an incumbent."""

from __future__ import annotations

import numpy as np

from whet.errors import DataError
from whet.evaluation.bootstrap import cluster_codes, resampled_scores
from whet.evaluation.intervals import percentile_interval
from whet.evaluation.metric import Metric
from whet.ledger.gains import mean_variance
from whet.ledger.noise import NoiseFloor
from whet.ledger.statistic import Evidence, corrected_test, paired_test
from whet.rng import make_numpy_generator

__all__ = ["by_bootstrap", "over_examples", "over_folds", "seed_shares"]


def over_examples(
    gains: np.ndarray, noise: NoiseFloor, *, runs: tuple[int, int], clusters: np.ndarray | None
) -> Evidence:
    """Metrics that are means over examples: t on Satterthwaite degrees of freedom from (N,) seed-averaged gains."""
    example_part, example_df = mean_variance(gains, clusters)
    seed_part, seed_df = _seed_part(noise, example_part, runs)
    return paired_test(
        float(gains.mean()),
        seed_part=seed_part,
        seed_df=seed_df,
        example_part=example_part,
        example_df=example_df,
        pairs=2.0 / seed_shares(runs),
    )


def by_bootstrap(
    metric: Metric,
    truth: np.ndarray,
    candidate: np.ndarray,
    incumbent: np.ndarray,
    noise: NoiseFloor,
    *,
    clusters: np.ndarray | None,
    seed: int,
) -> Evidence:
    """Other metrics: the paired cluster bootstrap crossed with seeds.

    Differs from resampling the k seeds themselves: seed effects are drawn from the pooled noise floor, because three
    seeds resampled lose a third of their variance and one seed loses all of it.
    """
    generator = make_numpy_generator(seed, "judge")
    drawn = resampled_scores(metric, truth, [*candidate, *incumbent], clusters=clusters, generator=generator)
    sign = 1.0 if metric.higher_is_better else -1.0
    draws = sign * (drawn[: len(candidate)].mean(axis=0) - drawn[len(candidate) :].mean(axis=0))
    draws = draws[np.isfinite(draws)]
    gain = sign * (_mean_score(metric, truth, candidate) - _mean_score(metric, truth, incumbent))
    if not len(draws) or not np.isfinite(gain):
        raise DataError(
            f"{metric.title} is undefined on these {len(truth):,} examples: the truth holds one value only."
        )
    runs = (len(candidate), len(incumbent))
    example_part = float(draws.var(ddof=1))
    seed_part, seed_df = _seed_part(noise, example_part, runs)
    effects = generator.standard_t(seed_df, size=len(draws))
    crossed = draws + np.sqrt(seed_part) * effects
    single = draws + np.sqrt(seed_part * 2.0 / seed_shares(runs)) * effects
    num_clusters = int(cluster_codes(len(truth), clusters).max()) + 1
    low, high = percentile_interval(crossed, num_clusters=num_clusters, confidence=0.95)
    return Evidence(
        gain=gain,
        error=float(np.sqrt(seed_part + example_part)),
        df=seed_df,
        low=low,
        high=high,
        p=float((1 + (crossed <= 0).sum()) / (1 + len(crossed))),
        p_harm=float((1 + (crossed >= 0).sum()) / (1 + len(crossed))),
        p_better=float((single > 0).mean()),
    )


def over_folds(
    metric: Metric,
    truth: np.ndarray,
    candidate: np.ndarray,
    incumbent: np.ndarray,
    folds: np.ndarray,
    *,
    train_share: float | None,
) -> tuple[Evidence, int]:
    """Out-of-fold scores: (evidence, J) from the differences of all folds of all repeats that both have.

    ``folds`` (k, N): which part evaluated each example in each repeat. Folds where the metric is undefined are left
    out of J.
    """
    sign = 1.0 if metric.higher_is_better else -1.0
    found = []
    for after, before, ids in zip(candidate, incumbent, folds, strict=False):
        for fold in np.unique(ids):
            held = ids == fold
            found.append(sign * (metric.compute(truth[held], after[held]) - metric.compute(truth[held], before[held])))
    differences = np.array(found)[np.isfinite(found)]
    if len(differences) < 2:
        raise DataError(f"{metric.title} is defined on {len(differences)} fold(s); a comparison needs at least 2.")
    num_folds = len(np.unique(folds[0]))
    share = 1.0 - 1.0 / num_folds if train_share is None else train_share
    return corrected_test(differences, ratio=(1.0 - share) / share, num_folds=num_folds), len(differences)


def seed_shares(runs: tuple[int, int]) -> float:
    """1/k + 1/k_incumbent."""
    return 1.0 / runs[0] + 1.0 / runs[1]


def _seed_part(noise: NoiseFloor, example_part: float, runs: tuple[int, int]) -> tuple[float, float]:
    # Prior: seeds bring in as much variance as examples do. That is what independent flips of predictions give.
    variance, df = noise.variance(example_part / seed_shares(runs))
    return variance * seed_shares(runs), df


def _mean_score(metric: Metric, truth: np.ndarray, runs: np.ndarray) -> float:
    return float(np.mean([metric.compute(truth, scores) for scores in runs]))
