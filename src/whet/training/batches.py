"""Which examples make up each batch: an order per epoch that depends on (seed, epoch) alone.

Every example comes once per epoch. With balanced sampling every class fills the same number of places: examples of
rare classes repeat, those of frequent ones take turns. With weights an example comes in that share of the epochs (of
weight 0.25: in one epoch of four), which are shorter by as much. The last incomplete batch is kept, except that a batch
of one example joins the batch before it, because batch normalisation cannot learn from a single example.

Texts of about the same length share a batch, so that little is spent on padding: the order is drawn as ever, cut into
pieces of ``BUCKET`` batches, sorted by length within each piece, and the batches are shuffled.
"""

from __future__ import annotations

import numpy as np

from whet.rng import make_numpy_generator

__all__ = ["BatchOrder"]

BUCKET = 24  # batches sorted together: enough to save padding, few enough to leave the order random


class BatchOrder:
    """Positions of N examples, batch by batch.

    >>> order = BatchOrder(7, batch_size=3, seed=0)
    >>> [len(order.batch(step)) for step in range(order.steps_per_epoch)]
    [3, 4]
    """

    def __init__(
        self,
        num_examples: int,
        *,
        batch_size: int,
        seed: int,
        classes: np.ndarray | None = None,
        lengths: np.ndarray | None = None,
        weights: np.ndarray | None = None,
    ) -> None:
        """What changes the order; all three are (N,) or None.

        Args:
            classes: codes to balance; None for every example once.
            lengths: examples of like length are brought together.
            weights: in (0, 1], the share of the epochs in which an example comes. Not together with ``classes``.
        """
        assert classes is None or weights is None
        self._lengths, self._weights = lengths, weights
        if weights is not None:
            num_examples = max(1, int(weights.sum()))
        self.seed = seed
        self.num_examples, self.batch_size = num_examples, batch_size
        self._members = [] if classes is None else [np.flatnonzero(classes == c) for c in np.unique(classes)]
        self._starts = _starts(num_examples, batch_size)
        self._epoch, self._order = -1, np.empty(0, dtype=np.int64)

    @property
    def steps_per_epoch(self) -> int:
        """Batches per epoch, at least 1."""
        return len(self._starts) - 1

    def epoch(self, step: int) -> int:
        """The epoch, from 0, that ``step`` belongs to."""
        return step // self.steps_per_epoch

    def batch(self, step: int) -> np.ndarray:
        """(B,) int64 positions of the batch of ``step``, which counts from 0 over all epochs."""
        epoch, place = divmod(step, self.steps_per_epoch)
        if epoch != self._epoch:
            self._epoch, self._order = epoch, self._draw(epoch)
        return self._order[self._starts[place] : self._starts[place + 1]]

    def _draw(self, epoch: int) -> np.ndarray:
        generator = make_numpy_generator(self.seed, "order", str(epoch))
        drawn = self._permuted(generator)
        return drawn if self._lengths is None else self._bucketed(drawn, self._lengths, generator)

    def _bucketed(self, drawn: np.ndarray, lengths: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        piece = BUCKET * self.batch_size
        pieces = [drawn[start : start + piece] for start in range(0, len(drawn), piece)]
        order = np.concatenate([p[np.argsort(lengths[p], kind="stable")] for p in pieces])
        whole = len(order) // self.batch_size
        batches = order[: whole * self.batch_size].reshape(whole, self.batch_size)
        return np.concatenate([batches[generator.permutation(whole)].ravel(), order[whole * self.batch_size :]])

    def _permuted(self, generator: np.random.Generator) -> np.ndarray:
        if self._weights is not None:
            return self._weighted(self._weights, generator)
        if not self._members:
            return generator.permutation(self.num_examples)
        extra = generator.permutation(len(self._members)) < self.num_examples % len(self._members)
        places = self.num_examples // len(self._members) + extra
        chosen = [_take(members, int(n), generator) for members, n in zip(self._members, places)]
        return generator.permutation(np.concatenate(chosen))

    def _weighted(self, weights: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        """Systematic sampling: marks at equal distances along the weights laid end to end, in an order of chance."""
        order = generator.permutation(len(weights))
        ends = np.cumsum(weights[order])
        marks = (np.arange(self.num_examples) + generator.random()) * (ends[-1] / self.num_examples)
        return generator.permutation(order[np.searchsorted(ends, marks, side="right").clip(max=len(order) - 1)])


def _starts(num_examples: int, batch_size: int) -> np.ndarray:
    starts = np.arange(0, num_examples, batch_size)
    if batch_size > 1 and len(starts) > 1 and num_examples - starts[-1] == 1:
        starts = starts[:-1]
    return np.append(starts, num_examples)


def _take(members: np.ndarray, count: int, generator: np.random.Generator) -> np.ndarray:
    """``count`` of ``members``, each as often as any other to within one."""
    rounds = -(-count // len(members))
    return np.concatenate([generator.permutation(members) for _ in range(rounds)] or [members])[:count]
