"""What checks look at: both parts of the data, as written and as decoded, and what is worth computing only once."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from whet.auditing.pairs import cross_pairs, within_pairs
from whet.auditing.quick import Quick, train_quickly
from whet.auditing.stopwatch import Stopwatch
from whet.auditing.vectors import Vectors, vectors_of
from whet.data.dataset import Dataset
from whet.data.kinds import Kind, Modality
from whet.data.raw import Raw
from whet.evaluation.choice import choose_metric
from whet.evaluation.metric import Metric, metrics
from whet.rng import make_numpy_generator
from whet.tasks.classes import ClassTarget
from whet.tasks.number import NumberTarget
from whet.tasks.target import Target

if TYPE_CHECKING:
    from whet.auditing.leaks.split_scores import SplitScores

__all__ = ["Half", "Inspection"]


@dataclass(frozen=True, kw_only=True)
class Half:
    """One part, training or test: the source as written and its decoded examples."""

    raw: Raw
    data: Dataset

    def written(self, column: str) -> pa.ChunkedArray:
        """The column as the source gave it, for the examples of ``data`` in their order; () strings in text files."""
        return self.raw.table.column(column).take(pa.array(self.positions))

    @cached_property
    def positions(self) -> np.ndarray:
        """(N,) int64: where in ``raw`` each decoded example stands."""
        return np.searchsorted(self.raw.row_numbers, self.data.rows)

    def where(self, positions: np.ndarray) -> list[str]:
        """How a person would point at these examples (positions in ``data``): file or row."""
        if self.data.files is not None:
            return [str(f) for f in self.data.files[positions]]
        return [f"row {r}" for r in self.data.rows[positions].tolist()]


@dataclass(frozen=True, kw_only=True)
class Inspection:
    """Everything about the data under audit. Positions count the examples of a half's ``data`` from 0; findings give
    source rows, which are ``data.rows[position]``."""

    train: Half
    test: Half | None = None
    seed: int = 0
    sensitive: tuple[str, ...] = ()  # columns whose values name groups of people
    stopwatch: Stopwatch = field(default_factory=Stopwatch)
    most_examples: int | None = None  # of a part, that a check which samples looks at; None: as many as it wants

    @property
    def data(self) -> Dataset:
        """The training examples."""
        return self.train.data

    @property
    def modality(self) -> Modality:
        """What the examples are."""
        return self.data.schema.modality

    @property
    def is_classes(self) -> bool:
        """There is a target, and it is one of several classes."""
        return self.data.target is not None and not self.data.schema.target_is_number

    @property
    def is_number(self) -> bool:
        """There is a target, and it is a number."""
        return self.data.target is not None and self.data.schema.target_is_number

    @cached_property
    def target(self) -> Target | None:
        """The encoding of the training targets; None without a target."""
        if self.data.target is None:
            return None
        return NumberTarget.fit(self.data.target) if self.is_number else ClassTarget.fit(self.data.target)

    @cached_property
    def truth(self) -> np.ndarray:
        """(N,) class codes, or numbers in their own units, of the training examples."""
        assert self.target is not None, "asked for the truth of data without a target"
        assert self.data.target is not None
        return self.target.encode(self.data.target) if self.is_classes else self.data.target.astype(np.float64)

    @cached_property
    def metric(self) -> Metric:
        """The primary metric that ``improve`` would choose."""
        counts = tuple(np.bincount(self.truth).tolist()) if self.is_classes else ()
        return metrics[choose_metric("number" if self.is_number else "classes", counts)[0]]

    def columns(self, *kinds: Kind) -> list[str]:
        """Names of the feature columns of these kinds."""
        return [c.name for c in self.data.schema.of_kind(*kinds)]

    def sample(self, most: int, *purpose: str) -> np.ndarray:
        """At most ``most`` positions of training examples, ascending; all of them where there are no more."""
        return self.sample_of(len(self.data), most, *purpose)

    def sample_of(self, total: int, most: int, *purpose: str) -> np.ndarray:
        """The same of ``total`` positions, whatever they count."""
        most = most if self.most_examples is None else min(most, self.most_examples)
        if total <= most:
            return np.arange(total)
        return np.sort(make_numpy_generator(self.seed, "sample", *purpose).choice(total, most, replace=False))

    @cached_property
    def pairs(self) -> np.ndarray:
        """(P, 2) positions of training examples that are copies of each other, exact or near."""
        return within_pairs(self.data)

    @cached_property
    def cross_pairs(self) -> np.ndarray:
        """(P, 2): position of a training example, position of a test example that is a copy of it."""
        return np.zeros((0, 2), np.int64) if self.test is None else cross_pairs(self.data, self.test.data)

    @cached_property
    def vectors(self) -> Vectors:
        """Plain features of (a sample of) the training examples, in which neighbours are alike."""
        return vectors_of(self.data, self.sample(Vectors.MOST, "vectors"))

    @cached_property
    def split_scores(self) -> SplitScores:
        """The quick model trained on training and scored on test examples. Raises CannotJudgeError likewise."""
        from whet.auditing.leaks.split_scores import score_split

        return score_split(self)

    @cached_property
    def quick(self) -> Quick:
        """Out-of-fold predictions of a good quick model. Raises CannotJudgeError where none can be trained."""
        return train_quickly(self)
