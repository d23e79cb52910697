"""Calendar parts of dates: month, day, weekday, hour and weekend beside the elapsed time and its cycles.

Helps: sales, traffic or prices that jump with the weekday, the hour or the pay day. Hurts: little; short time spans.
Which cycles are there anyway: see ``whet.data.encoders.table_dates``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from whet.recipe import Recipe
from whet.remedies.features import features_of, with_features
from whet.remedies.remedy import remedies
from whet.tasks.facts import Facts

__all__ = ["DateParts"]


@dataclass(frozen=True, kw_only=True)
class DateParts:
    """Give each date as a calendar leaf says it."""

    title: str = "calendar parts of dates"
    treats: frozenset[str] = frozenset({"underfitting", "below_baseline"})
    expected_gain: float = 0.8
    cost: float = 1.0

    def propose(self, recipe: Recipe, facts: Facts) -> Sequence[tuple[str, Recipe]]:
        """See ``Remedy.propose``."""
        features = features_of(recipe, facts)
        if features is None or not facts.num_dates or features.date_parts == "calendar":
            return ()
        return (("calendar parts of dates", with_features(recipe, date_parts="calendar")),)


remedies.register("date_parts")(DateParts())
