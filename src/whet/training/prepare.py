"""Everything that comes before the first step: encoder, inputs, network, augmentations."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from whet.augment.augmentation import Augmentation
from whet.data.dataset import Dataset
from whet.data.encoders.encoder import Encoder, encoder_for
from whet.data.inputs import Inputs
from whet.errors import BackboneError, ConfigError
from whet.models.architecture import Architecture, build
from whet.models.pretrained.backbone import Backbone, Finding
from whet.recipe import Recipe
from whet.rng import drawing_globally, make_numpy_generator
from whet.tasks.target import Target
from whet.training.batches import BatchOrder
from whet.training.distilled import taught_targets
from whet.training.fitted import FitSetting
from whet.training.fitted_network import FittedNetwork, build_augmentations
from whet.training.lora import add_low_rank
from whet.training.out_of_memory import hand_back, is_out_of_memory
from whet.training.resizing import check_resizing

__all__ = ["Prepared", "order_of", "prepare"]

FIRST_LOOK = 512  # training examples from which data-dependent layers are set


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """Learnt from the training examples alone."""

    target: Target
    encoder: Encoder
    model: Architecture
    augmentations: tuple[Augmentation, ...]
    train: Inputs
    valid: Inputs | None
    codes: np.ndarray  # (N,) encoded training targets
    device: torch.device
    taught: Tensor | None = None  # (N, K) what a teacher says, where the recipe listens to one
    weights: np.ndarray | None = None  # (N,) share of the epochs in which an example comes

    @property
    def targets(self) -> Tensor:
        """The encoded training targets, on the CPU."""
        return torch.from_numpy(self.codes)


def prepare(
    recipe: Recipe,
    target: Target,
    train: Dataset,
    valid: Dataset | None,
    setting: FitSetting,
    *,
    start: FittedNetwork | None = None,
) -> Prepared:
    """Fit the encoder, encode, build and initialise the network; encoder and weights are those of ``start``, if any."""
    if train.target is None or len(train) == 0:
        raise ConfigError(f"training needs examples with targets; got {len(train)} from {train.origin}.")
    backbone = None if recipe.backbone is None or start is not None else _opened(recipe.backbone)
    encoder = _encoder(recipe, train, backbone) if start is None else start.encoder
    model = build(recipe.architecture, encoder.spec, target.num_outputs, recipe.settings, seed=recipe.seed)
    check_resizing(recipe.resizing, model, recipe.architecture)
    inputs = encoder.encode(train, scratch=_folder(setting, "train")).only(model.parts)
    if start is None:
        _initialise(model, inputs, recipe.seed)
    else:
        model.load_state_dict(start.model.state_dict())
    if backbone is not None:
        backbone.load_into(model)
    if recipe.transfer.lora_rank:
        with drawing_globally(recipe.seed, "low rank"):
            add_low_rank(model, recipe.transfer.lora_rank)
    checked = None if valid is None else encoder.encode(valid, scratch=_folder(setting, "valid")).only(model.parts)
    device = torch.device(setting.device)
    return Prepared(
        target=target,
        encoder=encoder,
        model=model.to(device),
        augmentations=build_augmentations(recipe),
        train=inputs,
        valid=checked,
        codes=target.encode(train.target),
        taught=taught_targets(recipe, target, train),
        weights=train.weights,
        device=device,
    )


def _opened(source: str) -> Backbone:
    """Of what lies on this machine: whoever started the run has asked for downloads, where any were wanted."""
    from whet.models.pretrained.opening import open_backbone

    return open_backbone(source, finding=Finding())


def _encoder(recipe: Recipe, train: Dataset, backbone: Backbone | None) -> Encoder:
    if backbone is None:
        return encoder_for(train.schema.modality).fit(train, recipe.encoding, seed=recipe.seed)
    if backbone.about.modality != train.schema.modality:
        raise BackboneError(
            f"{backbone.about.source} reads {backbone.about.modality} examples; these are {train.schema.modality}. "
            "Choose a backbone of that kind."
        )
    return backbone.encoder(train, recipe.encoding, seed=recipe.seed)


def order_of(
    recipe: Recipe,
    target: Target,
    codes: np.ndarray,
    inputs: Inputs | None = None,
    weights: np.ndarray | None = None,
) -> BatchOrder:
    """The order of the training examples; where ``inputs`` hold tokens, texts of like length share a batch."""
    if recipe.balance != "none" and target.kind != "classes":
        raise ConfigError(f"Recipe.balance is {recipe.balance!r}, but the target is a number: set it to 'none'.")
    classes = codes if recipe.balance == "balanced_sampling" else None
    if classes is not None and weights is not None:
        raise ConfigError("Recipe.balance is 'balanced_sampling' and the examples are weighted: use 'class_weights'.")
    return BatchOrder(
        len(codes),
        batch_size=recipe.batch_size,
        seed=recipe.seed,
        classes=classes,
        lengths=None if inputs is None else inputs.lengths(),
        weights=weights,
    )


def _folder(setting: FitSetting, name: str) -> Path | None:
    if setting.scratch is None:
        return None
    folder = setting.scratch / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _initialise(model: Architecture, inputs: Inputs, seed: int) -> None:
    chosen = make_numpy_generator(seed, "initialise").permutation(len(inputs))[:FIRST_LOOK]
    while True:
        try:
            with drawing_globally(seed, "initialise"), torch.no_grad():
                model.initialise(inputs.batch(np.sort(chosen)))
            return
        except Exception as fault:
            if not is_out_of_memory(fault) or len(chosen) < 2:
                raise
        hand_back()
        chosen = chosen[: len(chosen) // 2]
