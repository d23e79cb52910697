"""A number predicted from a text."""

from __future__ import annotations

from typing import ClassVar, Literal

from whet.data.kinds import Modality
from whet.recipe import Recipe
from whet.tasks.facts import Facts
from whet.tasks.task import Task, tasks
from whet.tasks.text_recipes import embedding_bag, piece_bag, text_cnn, text_transformer

__all__ = ["TextRegression"]


class TextRegression(Task):
    """An embedding bag and a small transformer encoder against TF-IDF + ridge regression."""

    name = "text_regression"
    modality = Modality.TEXT
    kind: ClassVar[Literal["classes", "number"]] = "number"

    def baselines(self, facts: Facts) -> tuple[Recipe, ...]:
        """The mean; TF-IDF + ridge regression."""
        return (Recipe(architecture="majority"), Recipe(architecture="tfidf_linear"))

    def members(self, facts: Facts) -> tuple[Recipe, ...]:
        """Character n-grams."""
        return (Recipe(architecture="chargram_linear"),)

    def default(self, facts: Facts) -> Recipe:
        """The embedding bag."""
        return embedding_bag()

    def alternatives(self, facts: Facts) -> tuple[Recipe, ...]:
        """Character pieces, a convolutional network and the transformer encoder."""
        return (piece_bag(), text_transformer(), text_cnn())


tasks.register(TextRegression.name)(TextRegression())
