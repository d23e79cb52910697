"""The inputs at which the catalogue states sizes, one per kind of example, and what is known about such data."""

from __future__ import annotations

import numpy as np

from whet.data.inputs import InputSpec
from whet.data.kinds import Modality
from whet.tasks.facts import Facts
from whet.tasks.task import task_for_facts, tasks

__all__ = ["REFERENCES", "reference_facts", "reference_spec", "reference_words"]

NUM_CLASSES, NUM_TRAIN = 10, 10_000
REFERENCES = {
    Modality.IMAGE: InputSpec(modality=Modality.IMAGE, channels=3, height=32, width=32),
    Modality.TEXT: InputSpec(modality=Modality.TEXT, vocab_size=20_000, num_buckets=1 << 18, max_tokens=128),
    Modality.SERIES: InputSpec(modality=Modality.SERIES, channels=1, length=128),
    Modality.TABLE: InputSpec(modality=Modality.TABLE, num_numbers=10, cardinalities=(8, 8, 8, 8)),
}
WORDS = {
    Modality.IMAGE: "32 x 32 colour pictures",
    Modality.TEXT: "texts of at most 128 tokens, 20,000 token ids, 262,144 n-gram ids",
    Modality.SERIES: "series of one channel and 128 steps",
    Modality.TABLE: "tables of 10 numbers and 4 categories of 7 values",
}


def reference_spec(modality: Modality) -> InputSpec:
    """The sizes of the reference inputs."""
    return REFERENCES[modality]


def reference_words(modality: Modality) -> str:
    """The same in words."""
    return f"{WORDS[modality]}, {NUM_CLASSES} classes, {NUM_TRAIN:,} training examples"


def reference_facts(modality: Modality) -> Facts:
    """Facts of the reference data, for the recipes that depend on them."""
    task = next(t for _, t in tasks.items() if t.modality == modality and t.kind == "classes")
    spec = REFERENCES[modality]
    facts = Facts(
        modality=modality,
        target=task.fit_target(np.array([f"class {i}" for i in range(NUM_CLASSES)], dtype=object)),
        metric="accuracy",
        num_train=NUM_TRAIN,
        class_counts=(NUM_TRAIN // NUM_CLASSES,) * NUM_CLASSES,
        image_size=(spec.height, spec.width, spec.channels) if modality == Modality.IMAGE else (0, 0, 0),
        series_shape=(spec.channels, spec.length) if modality == Modality.SERIES else (0, 0),
        num_numbers=spec.num_numbers,
        num_categories=len(spec.cardinalities),
    )
    assert task_for_facts(facts) is task
    return facts
