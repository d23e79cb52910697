"""Train a pretrained body further on the task, with a fresh head.

Helps: a thousand labels or more, and time for two or three passes. Hurts: a handful of labels (see few_shot), a budget
that ends within the first pass.
Source: Devlin et al., "BERT", NAACL 2019 (AdamW, warm-up, linear decay, two to four epochs); layer-wise rates after
Howard & Ruder, ACL 2018. Differs: a higher rate for bodies under 5 M parameters, which were pretrained for less.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from whet.data.kinds import Modality
from whet.recipe import AugmentStep, Length, Optimiser, Recipe, Regularisation, Schedule, Transfer
from whet.remedies.remedy import remedies
from whet.tasks.facts import BackboneFacts, Facts
from whet.tasks.task import task_for_facts

__all__ = ["FineTuning", "fine_tuned"]

LARGE = 5_000_000  # parameters of a body that was pretrained at length, and that large steps would spoil


@dataclass(frozen=True, kw_only=True)
class FineTuning:
    """Applies wherever a pretrained body is given that can be trained."""

    epochs: float = 3.0

    title: str = "fine-tuning a pretrained body"
    treats: frozenset[str] = frozenset({"below_baseline", "underfitting", "overfitting"})
    expected_gain: float = 8.0
    cost: float = 4.0

    def propose(self, recipe: Recipe, facts: Facts) -> Sequence[tuple[str, Recipe]]:
        """See ``Remedy.propose``."""
        body = facts.backbone
        if body is None or not body.can_train or recipe.backbone is not None:
            return ()
        return ((f"fine-tuning {body.title}", fine_tuned(body, facts, epochs=self.epochs, seed=recipe.seed)),)


def fine_tuned(body: BackboneFacts, facts: Facts, *, epochs: float, seed: int = 0) -> Recipe:
    """The usual recipe of fine-tuning ``body`` on such data."""
    is_large = body.num_parameters >= LARGE
    is_picture = facts.modality is Modality.IMAGE
    augment: tuple[AugmentStep, ...] = task_for_facts(facts).default(facts).augment if is_picture else ()
    few = facts.num_train < 1_000  # passes are short, so there may be more of them
    return Recipe(
        architecture=body.architecture,
        settings=dict(body.settings),
        backbone=body.source,
        augment=augment,
        optimiser=Optimiser(name="adamw", lr=2e-4 if is_large else 1e-3),
        schedule=Schedule(name="linear", warmup=0.1),
        # word vectors of a large body hold most of its numbers and change least: held, a step takes a fifth less time
        transfer=Transfer(layer_decay=0.85, frozen_groups=1) if is_large else Transfer(),
        regularisation=Regularisation(weight_decay=0.01, grad_clip=1.0, label_smoothing=0.1 if is_picture else 0.0),
        length=Length(epochs=epochs * (5 if few else 1)),
        batch_size=16 if few else 32 if is_large else 64,
        seed=seed,
    )


remedies.register("fine_tuning")(FineTuning())
