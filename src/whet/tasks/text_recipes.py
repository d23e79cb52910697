"""The deep recipes that text tasks share."""

from __future__ import annotations

from dataclasses import replace

from whet.recipe import AugmentStep, Length, Optimiser, Recipe, Regularisation, Schedule

__all__ = ["embedding_bag", "piece_bag", "text_cnn", "text_transformer"]


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


def piece_bag() -> Recipe:
    """The same with character pieces of words, which bridge inflections and unseen words."""
    bag = embedding_bag()
    return replace(
        bag,
        encoding={"min_piece": 3, "max_piece": 5, "min_count": 2},
        augment=(AugmentStep(name="word_dropout", settings={"p": 0.3}),),
        length=Length(epochs=6.0),
    )


def text_cnn() -> Recipe:
    """Filters over word windows (Kim, 2014), embeddings from scratch."""
    return Recipe(
        architecture="text_cnn",
        augment=(AugmentStep(name="word_dropout", settings={"p": 0.2}),),
        optimiser=Optimiser(name="adamw", lr=2e-3),
        schedule=Schedule(name="linear", warmup=0.05),
        regularisation=Regularisation(weight_decay=0.05),
        length=Length(epochs=6.0),
        batch_size=64,
    )


def text_transformer() -> Recipe:
    """A small pre-norm encoder trained from scratch."""
    return Recipe(
        architecture="text_transformer",
        augment=(AugmentStep(name="word_dropout", settings={"p": 0.2}),),
        optimiser=Optimiser(name="adamw", lr=1e-3),
        schedule=Schedule(name="linear", warmup=0.1),
        regularisation=Regularisation(weight_decay=0.05, grad_clip=1.0),
        length=Length(epochs=8.0),
        batch_size=64,
    )
