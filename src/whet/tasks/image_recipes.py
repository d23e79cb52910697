"""The recipes that image tasks share."""

from __future__ import annotations

import math

from whet.recipe import AugmentStep, Length, Optimiser, Recipe, Regularisation, Resizing, Schedule
from whet.tasks.facts import Facts

__all__ = ["batch_size", "convnet", "growing", "label_preserving", "passes", "widths"]

# Filters of the three blocks, each from so many epochs of the first on; an epoch of the second costs 2.5 times as much,
# of the third 4.5 times.
SIZES = ((0.0, (32, 64, 128)), (14.0, (64, 128, 256)), (40.0, (64, 256, 256)))
_EXAMPLES = 400_000  # that a first trial looks at, augmented ones included: minutes on a CPU with 32 x 32 pictures


def label_preserving(facts: Facts) -> tuple[AugmentStep, ...]:
    """Small shifts; mirror images where they are known to keep the label; small rotations of photographs."""
    side = max(facts.image_size[:2])
    augment = [AugmentStep(name="translate", settings={"pixels": max(1, side // 16)})]
    if facts.flip_is_safe:
        augment.append(AugmentStep(name="flip"))
    if side >= 48:  # photographs: small rotations and changes of scale keep what they show
        augment.append(AugmentStep(name="affine"))
    return tuple(augment)


def growing(facts: Facts) -> Resizing:
    """Smaller pictures at first where there are so many that a training ends before it has seen them often enough."""
    is_worth_it = facts.num_train >= 5_000 and min(facts.image_size[:2]) >= 24
    return Resizing(start=0.625, full_from=0.7) if is_worth_it else Resizing()


def batch_size(facts: Facts) -> int:
    """Few pictures need small batches to get enough steps."""
    return 256 if facts.num_train >= 5_000 else 64


def muon_lr(batch_size: int) -> float:
    """0.1 at 64 pictures, in proportion to the root of the batch: the gradient's noise falls by as much.

    >>> muon_lr(64), muon_lr(256)
    (0.1, 0.2)
    """
    return round(0.1 * math.sqrt(batch_size / 64), 3)


def widths(*, passes: float) -> tuple[int, ...]:
    """The filters that do best in the time that ``passes`` epochs of the smallest network take.

    >>> widths(passes=20.0)
    (64, 128, 256)
    """
    return max((least, filters) for least, filters in SIZES if passes >= least)[1]


def passes(facts: Facts) -> float:
    """Epochs: 40, fewer for more than 10,000 pictures, at least 8."""
    return float(min(40, max(8, round(_EXAMPLES / max(1, facts.num_train)))))


def convnet(facts: Facts) -> Recipe:
    """The convnet of airbench (arXiv 2404.00498) at a size for short trials on a CPU."""
    return Recipe(
        architecture="convnet",
        settings={"widths": list(widths(passes=0.0))},
        augment=label_preserving(facts),
        resizing=growing(facts),
        optimiser=Optimiser(name="muon", lr=muon_lr(batch_size(facts)), momentum=0.6, other_lr=1e-2),
        schedule=Schedule(name="linear", warmup=0.15),
        regularisation=Regularisation(weight_decay=0.02, label_smoothing=0.1),
        length=Length(epochs=40.0),
        batch_size=batch_size(facts),
        test_time_augmentation=facts.num_train < 5_000,  # the views of many pictures take longer than they are worth
    )
