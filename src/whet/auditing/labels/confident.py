"""Which labels are wrong, judged by what models that never saw an example say about it.

The picture behind it: an example's true class is drawn from q(x), and class g is written down for true class t with
probability T[t, g]. q is a softmax over the log-probabilities of one or more sources, with one weight for each source
and one offset per class; weights, offsets and T are those under which the given labels are likeliest. Disagreement
that fades as the model gets surer is difficulty and goes into q; disagreement that stays however sure the model is,
is noise and goes into T. What a weak model is sure of and wrong about is discounted; see ``ignorance``.

Helps: wherever a model is much better than its labels. The published rule, thresholds on the confident joint, calls
difficult examples wrong: it doubts every eighth review of SST-2 as it stands.
Hurts: errors that follow from x (all huskies called wolves) are learnt as the truth.
Source: Northcutt et al., "Confident Learning", JAIR 2021 (arXiv 1911.00068). Differs: T and q by likelihood instead of
    thresholds (as in Sukhbaatar et al., arXiv 1406.2080, but after the training), so that probabilities come out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from whet.auditing.labels.ignorance import share_of_noise
from whet.auditing.labels.noise_fit import NoiseFit, class_shares, fit_clean, fit_noise, judged, true_probs
from whet.auditing.labels.transition import anchored, knows_nothing

__all__ = ["LabelNoise", "estimate_noise"]

FLOOR = 1e-5  # a probability below it says no more
BEND = 0.1  # of the noise that lands on a class: probabilities as small are no longer exact once noise was taken out
SILENT = 12.0  # nats; where noise explains less, likelihood says too little about how much of it there is
CLOSE = (-1.0, 20.0)  # nats by which noise among the surest predictions may explain less: else, and where it is silent
MOST_FITTED = 20_000  # examples that the few weights, offsets and transitions are fitted on; with many classes fewer
MOST_NUMBERS = 400_000  # of them times classes, but at least
LEAST_FITTED = 4_000


@dataclass(frozen=True, kw_only=True)
class LabelNoise:
    """What is known about the labels of N examples of K classes."""

    given: np.ndarray  # (N,) class codes
    transition: np.ndarray  # (K, K): P(given | true), rows sum to one
    probs: np.ndarray  # (N, K): P(true | x), the example's own label left aside
    posterior: np.ndarray  # (N, K): P(true | x, given)
    weights: np.ndarray  # (S,) of the sources

    @property
    def wrong(self) -> np.ndarray:
        """(N,) probability that the given label is not the true one."""
        return np.asarray(1.0 - self.posterior[np.arange(len(self.given)), self.given])

    @property
    def suggested(self) -> np.ndarray:
        """(N,) the likeliest class other than the given one."""
        others = self.posterior.copy()
        others[np.arange(len(self.given)), self.given] = -1.0
        return np.asarray(others.argmax(axis=1))

    @property
    def prior(self) -> np.ndarray:
        """(K,) how often each class is the true one."""
        return np.asarray(self.posterior.mean(axis=0))


def estimate_noise(sources: Sequence[np.ndarray], given: np.ndarray) -> LabelNoise:
    """Judge the labels ``given`` (N,) by ``sources``, each (N, K) probabilities of models that did not see them.

    >>> sure = np.repeat([[0.99, 0.01], [0.01, 0.99]], 200, axis=0)
    >>> given = np.repeat([0, 1], 200)
    >>> given[:20] = 1
    >>> wrong = estimate_noise([sure], given).wrong
    >>> bool(wrong[:20].min() > 0.9), bool(wrong[20:].max() < 0.1)
    (True, True)
    """
    logits = np.log(np.stack([np.clip(np.asarray(s, np.float64), FLOOR, 1.0) for s in sources]))
    _, num, num_classes = logits.shape
    most = min(MOST_FITTED, max(LEAST_FITTED, MOST_NUMBERS // num_classes))
    part = np.unique(np.linspace(0, num - 1, most).round().astype(np.int64))  # all, where there are fewer
    found = _likeliest(logits[:, part], given[part])
    probs = found.probs(logits)
    own = np.zeros((num, num_classes))
    own[part] = judged(probs, given, found.fit.transition, own)[0][part]
    posterior = judged(probs, given, found.fit.transition, own)[0]
    return LabelNoise(
        given=given,
        transition=found.fit.transition.matrix,
        probs=probs,
        posterior=found.noise * posterior + (1 - found.noise) * np.eye(num_classes)[given],
        weights=found.weights[: len(sources)],
    )


@dataclass(frozen=True, kw_only=True)
class _Found:
    """A fit, and what is done to the sources before it holds: nothing, or pooling them and taking out ``taken``."""

    fit: NoiseFit
    noise: float = 1.0  # of what the fit calls wrong, the share that is not the model's ignorance
    pooling: np.ndarray | None = None  # (S + K,) weights and offsets
    taken: np.ndarray | None = None  # (K, K)

    def probs(self, logits: np.ndarray) -> np.ndarray:
        if self.pooling is None or self.taken is None:
            return true_probs(self.fit.theta, logits)
        return true_probs(self.fit.theta, _without(true_probs(self.pooling, logits), self.taken))

    @property
    def weights(self) -> np.ndarray:
        return self.fit.theta if self.pooling is None else self.pooling * self.fit.theta[0]


def _likeliest(logits: np.ndarray, given: np.ndarray) -> _Found:
    """Which fit of the labels ``given`` (N,) by ``logits`` (S, N, K) is believed.

    A model that resists noise says 1 where it is sure, and likelihood tells how much noise there is. A model that has
    learnt the noise says 0.9, and explains the labels as they are. Then the surest predictions decide: errors among
    them that do not fade as the model gets surer are noise.
    """
    clean = fit_clean(logits, given)
    probs = true_probs(clean.theta, logits)
    if knows_nothing(probs, given):
        return _Found(fit=clean)
    noisy, noise = fit_noise(logits, given), share_of_noise(probs, given)
    best = max(clean, noisy, key=lambda fit: fit.log_likelihood)
    anchor = anchored(probs, given, class_shares(given, probs.shape[1]))
    if anchor is not None:
        steady = fit_noise(_without(probs, anchor.matrix), given, start=anchor)
        is_silent = best.log_likelihood < clean.log_likelihood + SILENT
        if steady.log_likelihood >= best.log_likelihood - CLOSE[is_silent]:
            return _Found(fit=steady, noise=noise, pooling=clean.theta, taken=anchor.matrix)
    return _Found(fit=best, noise=noise)


def _without(probs: np.ndarray, taken: np.ndarray) -> np.ndarray:
    """(1, N, K) logarithms of ``probs`` (N, K) for given labels once the noise ``taken`` (K, K) is out of them.

    What would fall below zero is bent upwards instead of cut, so that the order of small probabilities is kept.
    """
    num_classes = len(taken)
    bend = max(BEND * (1 - float(np.diag(taken).mean())) / max(num_classes - 1, 1), FLOOR)
    clean = np.maximum(bend * np.logaddexp(0.0, probs @ np.linalg.pinv(taken) / bend), 1e-30)
    return np.asarray(np.log(clean / clean.sum(axis=1, keepdims=True)))[None]
