"""The contract of an explanation method: one small file each, registered by name.

Every method answers in the same layout, so that the answers of several members of an ensemble can be averaged:
    text: (W,) one weight per word of ``words.word_spans``       image: (h, w) of ``layout.heat_shape``
    series: (T,) one weight per step of the data                 table: (F,) one weight per feature column of the schema
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np

from whet.bundle.model import Model
from whet.data.dataset import Dataset
from whet.registry import Registry

__all__ = ["Example", "Method", "Weights", "methods"]


@dataclass(frozen=True, kw_only=True)
class Example:
    """The example to explain, and a few others to compare it with."""

    pool: Dataset  # row 0 is the example, the rows after it are the others
    answer: int | None  # code of the class that is explained; None for a number

    @property
    def alone(self) -> Dataset:
        """The example as a dataset of one row."""
        return self.pool.take(np.array([0]))


@dataclass(frozen=True, kw_only=True)
class Weights:
    """What a method found."""

    values: np.ndarray  # float64, in the layout of the modality
    share: float = 1.0  # of the ensemble's weight that was asked, in (0, 1]
    scope: str = "the whole model"


class Method(Protocol):
    """A way to explain one prediction."""

    title: ClassVar[str]
    citation: ClassVar[str]
    # "share of attention", "largest is 1", or "evidence": the change of the log-odds of the predicted class, or of the
    # predicted number in its own unit
    unit: ClassVar[str]
    is_signed: ClassVar[bool]

    def weigh(self, model: Model, example: Example) -> Weights | None:
        """The weights of the example's parts; None where the model has nothing that this method can ask."""
        ...


methods: Registry[type[Method]] = Registry("explanation method")
