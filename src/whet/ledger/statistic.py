"""The two t-tests of the judge. Every argument may be an array, so thousands of rows can be simulated at once.

Sources: Satterthwaite, Biometrics Bulletin 1946; Nadeau & Bengio, "Inference for the Generalization Error",
    Machine Learning 2003.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import stdtr, stdtrit

__all__ = ["Evidence", "corrected_test", "paired_test", "t_evidence"]


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What a comparison says; floats, or arrays of one shape. Gains are oriented: positive is better."""

    gain: Any
    error: Any  # standard error of the gain
    df: Any
    low: Any  # 95 % interval of the gain
    high: Any
    p: Any  # one-sided: chance of such a gain when the candidate is no better
    p_harm: Any  # the same test the other way round
    p_better: Any  # chance that one training of the candidate beats one training of the incumbent


def paired_test(gain: Any, *, seed_part: Any, seed_df: Any, example_part: Any, example_df: Any, pairs: Any) -> Evidence:
    """One-sided t-test of a mean paired difference on Satterthwaite degrees of freedom.

    Args:
        gain: mean over seeds and examples of the paired difference.
        seed_part: s_pool² (1/k + 1/k_incumbent), the variance that the seeds bring in.
        example_part: s_ex² / n, the variance that the choice of examples brings in.
        pairs: seed_part times ``pairs`` is the seed variance of one training against one other, 2 s_pool².
    """
    variance = np.asarray(seed_part + example_part, dtype=np.float64)
    parts = np.square(seed_part) / seed_df + np.square(example_part) / example_df
    df = np.where(parts > 0, np.square(variance) / np.where(parts > 0, parts, 1.0), 1.0)
    return t_evidence(gain, error=np.sqrt(variance), df=df, single=np.sqrt(seed_part * pairs + example_part))


def corrected_test(differences: np.ndarray, *, ratio: float, num_folds: int) -> Evidence:
    """Nadeau and Bengio's corrected t-test over (J,) differences of folds that share training examples.

    Args:
        ratio: test examples per training example of one fold, 1 / (K - 1) in K-fold cross-validation.
        num_folds: K; P(better) is about one more cross-validation of both.
    """
    count = len(differences)
    variance = differences.var(ddof=1)
    return t_evidence(
        differences.mean(),
        error=np.sqrt((1.0 / count + ratio) * variance),
        df=float(count - 1),
        single=np.sqrt((1.0 / num_folds + ratio) * variance),
    )


def t_evidence(gain: Any, *, error: Any, df: Any, single: Any) -> Evidence:
    """Evidence from a gain, its standard error, and the spread ``single`` of one training against one other."""
    half = stdtrit(df, 0.975) * error
    return Evidence(
        gain=gain,
        error=error,
        df=df,
        low=gain - half,
        high=gain + half,
        p=_upper_tail(gain, error, df),
        p_harm=_upper_tail(-np.asarray(gain), error, df),
        p_better=1.0 - _upper_tail(gain, single, df),
    )


def _upper_tail(gain: Any, error: Any, df: Any) -> Any:
    """P(T >= gain / error). Without any variance a gain is certain and its absence says nothing (1.0)."""
    known = np.asarray(error) > 0
    tail = stdtr(df, -np.asarray(gain) / np.where(known, error, 1.0))
    return np.where(known, tail, np.where(np.asarray(gain) > 0, 0.0, 1.0))[()]
