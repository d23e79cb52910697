"""Picture models of PyTorch Hub, ``torchhub:owner/repo[:ref]:entry``: the repository's own code builds and loads them.

That code runs with all rights of the user, so it needs a permission (``--trust-code``). What was permitted is written
down with the sha256 of the code; the same code then also runs where a saved model is opened, and altered code does not.
A saved model holds the weights, but never code: to open it the repository must still be in the cache.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch

from whet.data.dataset import Dataset
from whet.data.encoders.encoder import Encoder
from whet.data.encoders.image import ImageEncoder
from whet.data.kinds import Modality
from whet.errors import BackboneError
from whet.models.architecture import Architecture
from whet.models.pretrained.backbone import About, Backbone, Finding, schemes
from whet.models.pretrained.licence import stated_licence
from whet.models.pretrained.torch_hub_code import Repository, built, without_classifier

__all__ = ["TorchHubBackbone", "TorchHubScheme"]

# Of ImageNet, which nearly all of these models were trained on; a repository does not say.
MEAN, STD, SIDE = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225), 224


@dataclass(kw_only=True)
class TorchHubBackbone:
    """See ``Backbone``."""

    about: About
    body: Mapping[str, Any]  # what is needed to build it again
    weights: Mapping[str, torch.Tensor]
    architecture: str = "pretrained_image"
    settings: Mapping[str, Any] = field(default_factory=dict)  # none: all is in the description of the body

    def encoder(self, train: Dataset, settings: Mapping[str, Any], *, seed: int) -> Encoder:
        """ImageNet's statistics."""
        return ImageEncoder.given(train, settings, mean=MEAN, std=STD, backbone=self.body)

    def load_into(self, model: Architecture) -> None:
        """See ``Backbone``."""
        from whet.models.pretrained_image import PretrainedImage

        assert isinstance(model, PretrainedImage)
        try:
            model.body.network.load_state_dict(dict(self.weights))
        except RuntimeError as fault:
            raise BackboneError(f"the weights of {self.about.source} do not fit: {str(fault)[:300]}") from fault


class TorchHubScheme:
    """See ``Scheme``."""

    def open(self, rest: str, *, finding: Finding) -> Backbone:
        """The model that the function ``entry`` of the repository's hubconf.py returns for ``pretrained=True``."""
        parts = re.fullmatch(r"([\w.-]+/[\w.-]+)(?::([\w./-]+))?:(\w+)", rest)
        if parts is None:
            raise BackboneError(f"torchhub:{rest} does not name a model. Write torchhub:owner/repo[:ref]:entry.")
        repository = Repository.find(parts[1], parts[2], finding=finding)
        repository.permit(finding, entry=parts[3])
        network = without_classifier(built(repository, parts[3], pretrained=True, cache=finding.cache))
        weights = {name: tensor.detach().clone() for name, tensor in network.state_dict().items()}
        num_parameters, dim = sum(p.numel() for p in network.parameters()), _dim(network, rest)
        body = {"kind": "torchhub", "repository": repository.name, "ref": repository.ref, "entry": parts[3]}
        about = About(
            source=f"torchhub:{repository.name}{':' + repository.ref if repository.ref else ''}:{parts[3]}",
            modality=Modality.IMAGE,
            digest=_digest(repository, parts[3], weights),
            licence=stated_licence(repository.folder),
            title=f"{parts[3]} of {repository.name} ({num_parameters / 1e6:.1f} M parameters)",
            num_parameters=num_parameters,
            dim=dim,
            can_train=True,
        )
        return TorchHubBackbone(about=about, body={**body, "dim": dim, "side": SIDE, "channels": 3}, weights=weights)


def _dim(network: torch.nn.Module, source: str) -> int:
    """Length of the features, from one picture."""
    try:
        with torch.no_grad():
            outputs = network.eval()(torch.zeros(1, 3, SIDE, SIDE))
    except Exception as fault:  # the repository's code may raise anything
        raise BackboneError(f"torchhub:{source} does not read pictures (1, 3, {SIDE}, {SIDE}): {fault}") from fault
    if not isinstance(outputs, torch.Tensor) or outputs.ndim not in (2, 4):
        raise BackboneError(f"torchhub:{source} does not yield one feature vector per picture. Choose another entry.")
    return int(outputs.shape[1])


def _digest(repository: Repository, entry: str, weights: Mapping[str, torch.Tensor]) -> str:
    whole = hashlib.sha256(f"{repository.digest}/{entry}".encode())
    for name, tensor in sorted(weights.items()):
        whole.update(name.encode() + tensor.contiguous().cpu().numpy().tobytes())
    return whole.hexdigest()


schemes.register("torchhub")(TorchHubScheme())
