"""Facts of a middling data set, for checks of recipes."""

from __future__ import annotations

from whet.data.kinds import Modality
from whet.tasks.classes import ClassTarget
from whet.tasks.facts import Facts

__all__ = ["facts_for"]


def facts_for(modality: Modality) -> Facts:
    """A thousand examples of three classes."""
    return Facts(
        modality=modality,
        target=ClassTarget(("low", "mid", "top")),
        metric="accuracy",
        num_train=1000,
        class_counts=(400, 300, 300),
        image_size=(32, 32, 3),
        flip_is_safe=True,
        series_shape=(2, 40),
        num_numbers=2,
        num_categories=1,
    )
