"""Augmentation per modality.

Helps: over-fitting, few examples. Hurts: changes that do not keep the label (mirrored digits), short trainings.
Source: Shorten and Khoshgoftaar, 2019 (pictures); Wen et al., IJCAI 2021 (series); Wei and Zou, 2019 (text).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from whet.augment.augmentation import augmentations
from whet.recipe import AugmentStep, Recipe
from whet.remedies.remedy import remedies
from whet.tasks.facts import Facts

__all__ = ["Augmentation"]

MENU: dict[str, tuple[tuple[str, tuple[AugmentStep, ...]], ...]] = {
    "image": (
        ("mirroring", (AugmentStep(name="flip"),)),
        ("cutout", (AugmentStep(name="cutout"),)),
        ("small rotations and scales", (AugmentStep(name="affine"),)),
        ("colour jitter", (AugmentStep(name="colour_jitter"),)),
    ),
    "text": (("word dropout", (AugmentStep(name="word_dropout"),)),),
    "table": (("feature noise", (AugmentStep(name="feature_noise"),)),),
    "series": (
        ("jitter and scaling", (AugmentStep(name="jitter"), AugmentStep(name="scale_series"))),
        ("time shift", (AugmentStep(name="time_shift"),)),
        ("window slicing", (AugmentStep(name="window_slice"),)),
    ),
}


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """Change training examples in ways that keep their label."""

    title: str = "augmentation"
    treats: frozenset[str] = frozenset({"overfitting", "overconfidence"})
    expected_gain: float = 2.0
    cost: float = 1.0

    def propose(self, recipe: Recipe, facts: Facts) -> Sequence[tuple[str, Recipe]]:
        """See ``Remedy.propose``."""
        present = {step.name for step in recipe.augment}
        proposals = []
        for title, steps in MENU[str(facts.modality)]:
            new = tuple(step for step in steps if step.name not in present and step.name in augmentations)
            if new and (facts.flip_is_safe or all(step.name != "flip" for step in new)):
                proposals.append((f"add {title}", replace(recipe, augment=recipe.augment + new)))
        return proposals


remedies.register("augmentation")(Augmentation())
