"""A name for a group of alike examples: words that set its texts apart, or how its properties differ from the rest."""

from __future__ import annotations

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer

from whet.auditing.inspection import Inspection
from whet.auditing.shortcuts.properties import properties_of
from whet.auditing.slices.slice_facets import WHOLE
from whet.data.kinds import Modality
from whet.data.texts import joined_texts

__all__ = ["cluster_name", "distinctive_words"]

MOST_WORDS = 5
MOST_PROPERTIES = 2
TYPICAL = 3  # examples named
CLEAR = 0.4  # standard deviations between the group's mean and all: below, a property does not tell it


def cluster_name(inspection: Inspection, positions: np.ndarray, members: np.ndarray) -> str:
    """For the examples at ``positions`` (N,) of which ``members`` (N,) bool form the group."""
    if inspection.modality is Modality.TEXT:
        words = distinctive_words(joined_texts(inspection.data, positions), members)
        if words:
            return f"the text has words such as {', '.join(repr(w) for w in words)}"
    told = []
    for each in properties_of(inspection, positions):
        spread = float(np.nanstd(each.values))
        if each.kind in WHOLE and spread > 0:
            here, usual = float(np.nanmean(each.values[members])), float(np.nanmean(each.values))
            told.append((abs(here - usual) / spread, f"{each.name} {here:.3g} (all: {usual:.3g})"))
    clear = [text for size, text in sorted(told, reverse=True)[:MOST_PROPERTIES] if size >= CLEAR]
    typical = ", ".join(_most_typical(inspection, positions[members]))
    return f"the example is like {typical}" + (f", with {' and '.join(clear)}" if clear else "")


def _most_typical(inspection: Inspection, positions: np.ndarray) -> list[str]:
    """Where the members nearest to the middle of their group are."""
    values = inspection.vectors.values[np.searchsorted(inspection.vectors.positions, positions)]
    nearest = np.argsort(np.linalg.norm(values - values.mean(axis=0), axis=1), kind="stable")
    return inspection.train.where(positions[nearest[:TYPICAL]])


def distinctive_words(texts: list[str], members: np.ndarray) -> list[str]:
    """The words whose share of texts is furthest above that among the other texts, by the log of the odds.

    >>> distinctive_words(["red cat", "blue cat", "red cat", "red cat"], np.array([False, True, False, False]))
    ['blue']
    """
    counter = CountVectorizer(binary=True, token_pattern=r"(?u)\b\w\w+\b", max_features=20_000)
    try:
        table = counter.fit_transform(texts)
    except ValueError:  # no text holds a word
        return []
    inside = np.asarray(table[members].sum(axis=0)).ravel()
    outside = np.asarray(table[~members].sum(axis=0)).ravel()
    num_in, num_out = members.sum(), (~members).sum()
    odds = np.log((inside + 0.5) / (num_in - inside + 0.5)) - np.log((outside + 0.5) / (num_out - outside + 0.5))
    # by how sure the difference is: rare words have wide errors
    sure = odds / np.sqrt(1 / (inside + 0.5) + 1 / (outside + 0.5))
    names = counter.get_feature_names_out()
    best = np.argsort(-sure, kind="stable")[:MOST_WORDS]
    return [str(names[i]) for i in best if sure[i] > 0 and inside[i] > 0 and inside[i] / num_in > outside[i] / num_out]
