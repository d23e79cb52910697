"""Bodies for pictures, by kind: each maps (B, C, S, S) normalised pictures to (B, D) and lists its layers in groups."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any

from torch import Tensor, nn

from whet.data.inputs import InputSpec
from whet.models.pretrained.backbone import Finding
from whet.models.pretrained.onnx_graph import OnnxGraph
from whet.models.pretrained.transformers_body import body_groups, build_body
from whet.registry import Registry

__all__ = ["ImageBody", "OnnxImage", "TimmImage", "TorchHubImage", "TransformersImage", "image_bodies"]


class ImageBody(nn.Module):
    """What ``pretrained_image`` needs of a body."""

    network: nn.Module  # whose weights are loaded
    dim: int  # D
    only_side: int | None = None  # the one size in pixels that it can read; None: any

    @abstractmethod
    def forward(self, x: Tensor) -> Tensor:
        """(B, C, S, S) -> (B, D)."""

    def groups(self) -> list[list[nn.Parameter]]:
        """Every parameter once, from the input to the last layer."""
        return [group for group in body_groups(self.network) if group]


image_bodies: Registry[Callable[[InputSpec], ImageBody]] = Registry("kind of picture body")  # by spec.backbone["kind"]


@image_bodies.register("transformers")
class TransformersImage(ImageBody):
    """From the Transformers library; the feature is what the model's own classifier would read."""

    def __init__(self, spec: InputSpec) -> None:
        super().__init__()
        self.network = build_body(spec.backbone["config"])
        config: Any = self.network.config
        sizes = getattr(config, "hidden_sizes", None)
        self.dim = int(sizes[-1] if sizes else config.hidden_size)
        # Position embeddings of a fixed grid are interpolated where a smaller side is asked for.
        self._own_side = getattr(config, "image_size", None) if not sizes else None

    def forward(self, x: Tensor) -> Tensor:
        """Pooled features of a convolutional body; of a transformer, its first token."""
        other_side = self._own_side not in (None, x.shape[-1], [x.shape[-1], x.shape[-1]])
        outputs = self.network(x, **({"interpolate_pos_encoding": True} if other_side else {}))
        pooled: Tensor | None = getattr(outputs, "pooler_output", None)
        return outputs.last_hidden_state[:, 0] if pooled is None else pooled.flatten(1)


@image_bodies.register("onnx")
class OnnxImage(ImageBody):
    """A frozen ONNX graph; it has no parameters."""

    def __init__(self, spec: InputSpec) -> None:
        super().__init__()
        body = spec.backbone
        self.network = OnnxGraph(int(body["num_bytes"]), channels_last=bool(body["channels_last"]))
        self.dim, self.only_side = int(body["dim"]), int(body["fixed_side"]) or None

    def forward(self, x: Tensor) -> Tensor:
        """What the graph yields, averaged over places."""
        features: Tensor = self.network(x)
        return features


@image_bodies.register("timm")
class TimmImage(ImageBody):
    """Built by the timm library, without its classifier."""

    def __init__(self, spec: InputSpec) -> None:
        super().__init__()
        from whet.models.pretrained.timm_models import timm

        body = spec.backbone
        self.network: nn.Module = timm().create_model(body["name"], pretrained=False, num_classes=0)
        self.dim, self.only_side = int(body["dim"]), int(body["fixed_side"]) or None

    def forward(self, x: Tensor) -> Tensor:
        """Pooled features."""
        features: Tensor = self.network(x)
        return features


@image_bodies.register("torchhub")
class TorchHubImage(ImageBody):
    """Built by the code of a repository in the cache, which must have been permitted before."""

    def __init__(self, spec: InputSpec) -> None:
        super().__init__()
        from whet.models.pretrained.torch_hub_code import Repository, built, without_classifier

        body, finding = spec.backbone, Finding()
        repository = Repository.find(body["repository"], body["ref"] or None, finding=finding)
        repository.permit(finding, entry=body["entry"])
        network = built(repository, body["entry"], pretrained=False, cache=finding.cache)
        self.network, self.dim = without_classifier(network), int(body["dim"])

    def forward(self, x: Tensor) -> Tensor:
        """Features, averaged over places where there are any."""
        features: Tensor = self.network(x)
        return features.mean(dim=(2, 3)) if features.ndim == 4 else features
