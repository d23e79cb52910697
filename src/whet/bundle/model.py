"""The better model: what a run hands over and what ``whet.load`` gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from whet.data.dataset import Dataset
from whet.data.schema import Schema
from whet.errors import DataError
from whet.evaluation.blend import Blend
from whet.recipe import Recipe
from whet.tasks.target import Target
from whet.training.fitted import Fitted

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Member", "Model"]


@dataclass(frozen=True, kw_only=True)
class Member:
    """One trained model of the ensemble."""

    title: str
    recipe: Recipe
    fitted: Fitted


@dataclass(frozen=True, kw_only=True)
class Model:
    """Raw examples in, predictions out. Safe to share between threads; nothing in it changes."""

    task: str
    schema: Schema
    target: Target
    members: tuple[Member, ...]
    blend: Blend
    metric: str
    about: Mapping[str, Any] = field(default_factory=dict)  # scores, origin, when and how: the model card's figures

    @property
    def labels(self) -> tuple[str, ...]:
        """Class names in the order of the columns of ``predict_proba``; empty for a number."""
        return self.target.labels

    def read(self, source: object, *, require_target: bool = False) -> Dataset:
        """Decode a source as the training data were decoded."""
        from whet.data.load import load

        return load(source, schema=self.schema, require_target=require_target)

    def scores(self, dataset: Dataset) -> np.ndarray:
        """(N, K) probabilities, calibrated, or (N, 1) values."""
        return self.blend.combine([member.fitted.scores(dataset) for member in self.members])

    def predict(self, source: object) -> np.ndarray:
        """(N,) labels or numbers, one per readable example in source order."""
        return self.target.decode(self.blend.decide(self.scores(self.read(source))))

    def predict_proba(self, source: object) -> np.ndarray:
        """(N, K) probabilities in the order of ``labels``."""
        if not self.labels:
            raise DataError("predict_proba needs a classification model; this one predicts a number: use predict.")
        return self.scores(self.read(source))

    def predict_frame(self, source: object | Dataset) -> pd.DataFrame:
        """The rows of predictions.csv: ``row`` or ``file``, ``prediction``, then ``p(<label>)`` per class."""
        import pandas as pd

        dataset = source if isinstance(source, Dataset) else self.read(source)
        scores = self.scores(dataset)
        columns: dict[str, Any] = {"row": dataset.rows} if dataset.files is None else {"file": dataset.files}
        columns["prediction"] = self.target.decode(self.blend.decide(scores))
        columns |= {f"p({label})": scores[:, k] for k, label in enumerate(self.labels)}
        return pd.DataFrame(columns)
