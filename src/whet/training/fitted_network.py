"""A trained network with its preprocessing: raw examples in, scores out."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import torch

from whet.augment.augmentation import Augmentation, build_augmentation
from whet.data.dataset import Dataset
from whet.data.encoders.encoder import Encoder, encoder_for
from whet.data.inputs import Inputs, InputSpec
from whet.errors import BundleError
from whet.models.architecture import Architecture, build
from whet.models.own_code import is_own, own_code
from whet.models.own_network import OwnNetwork
from whet.recipe import Recipe
from whet.state import State
from whet.tasks.target import Target
from whet.training.evaluate import network_scores

__all__ = ["FittedNetwork", "build_augmentations"]


@dataclass(frozen=True, kw_only=True)
class FittedNetwork:
    """See ``Fitted``. ``augmentations``: those whose views are averaged; none without test-time augmentation.

    ``earlier``: networks of a snapshot ensemble, whose scores are averaged with those of ``model``, the last one; see
    ``training.snapshots``.
    """

    encoder: Encoder
    model: Architecture
    target: Target
    device: torch.device
    augmentations: Sequence[Augmentation] = ()
    earlier: Sequence[Architecture] = ()

    @property
    def networks(self) -> tuple[Architecture, ...]:
        """All that predict, the last one last."""
        return (*self.earlier, self.model)

    def scores(self, dataset: Dataset) -> np.ndarray:
        """(N, K) float64 scores."""
        return self.scores_of(self.encoder.encode(dataset).only(self.model.parts), self.augmentations)

    def scores_of(self, inputs: Inputs, augmentations: Sequence[Augmentation] = ()) -> np.ndarray:
        """(N, K) float64 scores of encoded examples: their mean over networks and over views of ``augmentations``."""
        each = [
            network_scores(network, inputs, self.target, device=self.device, augmentations=augmentations)
            for network in self.networks
        ]
        return each[0] if len(each) == 1 else np.mean(each, axis=0)

    def state(self) -> State:
        """The encoder and the weights; recipe and target are kept elsewhere."""
        encoder = self.encoder.state()
        weights = _arrays("model.", self.model)
        for number, network in enumerate(self.earlier):
            weights |= _arrays(f"earlier.{number}.", network)
        config: dict[str, Any] = {"encoder": dict(encoder.config), "spec": self.encoder.spec.to_dict()}
        if isinstance(self.model, OwnNetwork):
            config["code"] = self.model.code.digest
        if self.earlier:
            config["earlier"] = len(self.earlier)
        return State(config, {**encoder.under("encoder."), **weights})

    @classmethod
    def from_state(cls, recipe: Recipe, target: Target, state: State, *, device: torch.device) -> Self:
        """The same model again; its scores are equal bit for bit."""
        spec = InputSpec.from_dict(state.config["spec"])
        encoder = encoder_for(spec.modality).from_state(state.part("encoder.", state.config["encoder"]))
        if is_own(recipe.architecture):
            _check_code(recipe.architecture, state.config.get("code", ""))
        prefixes = ["model.", *(f"earlier.{number}." for number in range(state.config.get("earlier", 0)))]
        model, *earlier = [_network(recipe, spec, target, state.part(p, {}), device) for p in prefixes]
        return cls(
            encoder=encoder,
            model=model,
            target=target,
            device=device,
            augmentations=build_augmentations(recipe) if recipe.test_time_augmentation else (),
            earlier=tuple(earlier),
        )


def build_augmentations(recipe: Recipe) -> tuple[Augmentation, ...]:
    """The recipe's augmentations, in order."""
    return tuple(build_augmentation(step.name, step.settings) for step in recipe.augment)


def _arrays(prefix: str, network: Architecture) -> dict[str, np.ndarray]:
    return {f"{prefix}{n}": t.detach().cpu().numpy() for n, t in network.state_dict().items()}


def _network(recipe: Recipe, spec: InputSpec, target: Target, weights: State, device: torch.device) -> Architecture:
    model = build(recipe.architecture, spec, target.num_outputs, recipe.settings, seed=recipe.seed)
    model = model.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    _load(model, weights)
    network: Architecture = model.requires_grad_(False).eval()
    return network


def _check_code(name: str, digest: str) -> None:
    """A network of the user's own is built by their code; say so when that is no longer what it was."""
    if own_code(name).digest != digest:
        warnings.warn(
            f"the code of model {name!r} has changed since it was trained: its predictions may differ, or its weights "
            "no longer fit. Keep the file that it was trained with.",
            stacklevel=2,
        )


def _load(model: Architecture, state: State) -> None:
    """Weights by name; safetensors files keep no 0-dimensional arrays apart from 1-element ones, hence the reshape."""
    own = model.state_dict()
    given = {n: torch.from_numpy(np.array(a)) for n, a in state.arrays.items()}
    same = {n: t.reshape(own[n].shape) if n in own and t.numel() == own[n].numel() else t for n, t in given.items()}
    try:
        model.load_state_dict(same)
    except RuntimeError as fault:
        if not isinstance(model, OwnNetwork):
            raise
        raise BundleError(
            f"the stored weights do not fit the network that {model.code.name!r} builds now: "
            f"{' '.join(str(fault).split())[:300]} Use the code that it was trained with."
        ) from fault
