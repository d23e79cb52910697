"""The deep recipes that text tasks share."""

from __future__ import annotations

from whet.training.recipe import AugmentStep, Length, Optimiser, Recipe, Regularisation, Schedule

__all__ = ["embedding_bag", "text_transformer"]


def embedding_bag() -> Recipe:
    """Hashed uni- and bigrams, after fastText (Joulin et al., 2016)."""
    return Recipe(
        architecture="embedding_bag",
        augment=(AugmentStep(name="word_dropout", settings={"p": 0.1}),),
        optimiser=Optimiser(name="adamw", lr=1e-2),
        schedule=Schedule(name="linear", warmup=0.05),
        length=Length(epochs=12.0),
        batch_size=128,
    )


def text_transformer() -> Recipe:
    """A small pre-norm encoder trained from scratch."""
    return Recipe(
        architecture="text_transformer",
        augment=(AugmentStep(name="word_dropout", settings={"p": 0.1}),),
        optimiser=Optimiser(name="adamw", lr=1e-3),
        schedule=Schedule(name="linear", warmup=0.1),
        regularisation=Regularisation(weight_decay=0.05, grad_clip=1.0),
        length=Length(epochs=15.0),
        batch_size=64,
    )
