"""Occlusion: take one part away and see how the prediction changes.

Helps: any model, trees and ensembles included, since only predictions are asked for; weights are signed.
Hurts: parts that stand in for each other (taking either away changes nothing), and examples unlike all training data.
Source: Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014 (grey patches); Li et al.,
    "Understanding Neural Networks through Representation Erasure", arXiv 1612.08220 (words); Robnik-Sikonja and
    Kononenko, TKDE 2008 (columns: averaged over values of other rows).
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from whet.bundle.model import Model
from whet.data.kinds import Modality
from whet.explaining.evidence import evidence_of_scores
from whet.explaining.method import Example, Weights, methods
from whet.explaining.without import Without
from whet.explaining.without_columns import without_columns
from whet.explaining.without_patches import without_patches
from whet.explaining.without_steps import without_steps
from whet.explaining.without_words import without_words

__all__ = ["Occlusion"]


@methods.register("occlusion")
class Occlusion:
    """Words are left out, patches take the picture's mean colour, steps a straight line, columns other rows' values."""

    title: ClassVar[str] = "occlusion"
    citation: ClassVar[str] = "Zeiler and Fergus, ECCV 2014; Robnik-Sikonja and Kononenko, TKDE 2008"
    unit: ClassVar[str] = "evidence"
    is_signed: ClassVar[bool] = True

    def weigh(self, model: Model, example: Example) -> Weights:
        """Evidence with the part minus evidence without it, for the model as it predicts."""
        without: Without = {
            Modality.TEXT: without_words,
            Modality.IMAGE: without_patches,
            Modality.SERIES: without_steps,
            Modality.TABLE: without_columns,
        }[example.pool.schema.modality](example)
        if not len(without.variants):  # an empty text
            return Weights(values=np.zeros(0))
        scores = without.means(model.scores(without.variants))
        whole = evidence_of_scores(model.scores(example.alone), example.answer)
        return Weights(values=without.spread(whole - evidence_of_scores(scores, example.answer)))
