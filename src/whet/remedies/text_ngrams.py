"""Further n-grams: runs of words and pieces of words, for bags of n-grams and for text columns of a table.

Helps: phrases ("not good"), inflections, misspellings, codes. Hurts: few texts, where longer runs hardly repeat.
Networks that read tokens in order (convolutions, transformers) see phrases by themselves and are left alone.
Source: Joulin et al., EACL 2017; Bojanowski et al., "Enriching Word Vectors with Subword Information", TACL 2017.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from whet.data.encoders.text_settings import TextSettings
from whet.models.architecture import architectures
from whet.recipe import Recipe
from whet.remedies.features import features_of, with_features
from whet.remedies.remedy import remedies
from whet.tasks.facts import Facts

__all__ = ["TextNgrams"]


@dataclass(frozen=True, kw_only=True)
class TextNgrams:
    """Longer runs of words, or pieces of words, beside the n-grams in force."""

    longest_run: int = 3  # words
    pieces: tuple[int, int] = (3, 5)  # characters
    num_components: int = 8  # in a table: numbers made of each text column, per kind of n-gram

    title: str = "further n-grams"
    treats: frozenset[str] = frozenset({"underfitting", "below_baseline"})
    expected_gain: float = 0.8
    cost: float = 1.2

    def propose(self, recipe: Recipe, facts: Facts) -> Sequence[tuple[str, Recipe]]:
        """See ``Remedy.propose``."""
        features = features_of(recipe, facts)
        if features is not None:
            if not facts.num_texts or features.text_ngrams:
                return ()
            return (("word pairs and word pieces of texts", with_features(recipe, text_ngrams=self.num_components)),)
        is_bag = recipe.architecture in architectures and "ngrams" in architectures[recipe.architecture].parts
        return self._for_bags(recipe) if is_bag and recipe.backbone is None else ()

    def _for_bags(self, recipe: Recipe) -> list[tuple[str, Recipe]]:
        proposals: list[tuple[str, Recipe]] = []
        run = recipe.encoding.get("word_ngrams", TextSettings.word_ngrams)
        if run < self.longest_run:
            encoding = {**recipe.encoding, "word_ngrams": self.longest_run}
            proposals.append((f"runs of up to {run} -> {self.longest_run} words", replace(recipe, encoding=encoding)))
        if not recipe.encoding.get("max_piece", TextSettings.max_piece):
            short, long = self.pieces
            # Pieces are many: those seen once cost memory and say nothing about new texts.
            encoding = {**recipe.encoding, "min_piece": short, "max_piece": long, "min_count": 2}
            proposals.append((f"word pieces of {short} to {long} characters", replace(recipe, encoding=encoding)))
        return proposals


remedies.register("text_ngrams")(TextNgrams())
