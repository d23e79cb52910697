"""Few labels: pull the features of each class together first, then fine-tune with a head.

Helps: fewer than 50 labels a class. Hurts: many labels, where plain fine-tuning learns more from each step.
Source: Tunstall et al., "Efficient Few-Shot Learning Without Prompts" (SetFit), 2022; loss of Khosla et al., NeurIPS
2020. Differs: all pairs of a batch at once, and the second phase trains body and head together, because
a head alone, in the few steps that few labels give, stayed near chance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from whet.recipe import Length, Recipe, Transfer
from whet.remedies.fine_tuning import fine_tuned
from whet.remedies.remedy import remedies
from whet.tasks.facts import Facts

__all__ = ["FewShot"]


@dataclass(frozen=True, kw_only=True)
class FewShot:
    """Applies to classes with few labels where a body is given that can be trained."""

    most: int = 50  # labels of the rarest class from which it does not pay any more
    epochs: float = 24.0

    title: str = "contrastive few-shot training of a pretrained body"
    treats: frozenset[str] = frozenset({"overfitting", "below_baseline"})
    expected_gain: float = 4.0
    cost: float = 4.0

    def propose(self, recipe: Recipe, facts: Facts) -> Sequence[tuple[str, Recipe]]:
        """See ``Remedy.propose``."""
        body = facts.backbone
        is_few = bool(facts.class_counts) and min(facts.class_counts) < self.most
        if body is None or not body.can_train or not is_few or recipe.transfer.contrastive:
            return ()
        changed = replace(
            fine_tuned(body, facts, epochs=self.epochs, seed=recipe.seed),
            transfer=Transfer(contrastive=0.4, layer_decay=0.85, frozen_groups=1),
            length=Length(epochs=self.epochs),
            batch_size=32,  # the more examples in a batch, the more pairs
        )
        return ((f"contrastive training of {body.title} on few labels", changed),)


remedies.register("few_shot")(FewShot())
