"""Bodies for series, by kind: each maps (B, C, T) to (B, D) and lists its layers in groups."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from whet.data.inputs import InputSpec
from whet.models.pretrained.onnx_graph import OnnxGraph
from whet.models.pretrained.transformers_body import body_groups, build_body, last_hidden
from whet.registry import Registry

__all__ = ["OnnxSeries", "SeriesBody", "TransformersSeries", "series_bodies", "shortest_input"]


class SeriesBody(nn.Module):
    """What ``pretrained_series`` needs of a body."""

    network: nn.Module  # whose weights are loaded
    dim: int  # D

    @abstractmethod
    def forward(self, x: Tensor) -> Tensor:
        """(B, C, T) -> (B, D)."""

    def groups(self) -> list[list[nn.Parameter]]:
        """Every parameter once, from the input to the last layer."""
        return [group for group in body_groups(self.network) if group]


series_bodies: Registry[Callable[[InputSpec], SeriesBody]] = Registry("kind of series body")  # by backbone["kind"]


@series_bodies.register("transformers")
class TransformersSeries(SeriesBody):
    """A wav2vec2-like body from the Transformers library; the feature is the mean over its frames.

    Each channel is a waveform of its own, and their features stand side by side. A series too short for one frame is
    followed by zeros.
    """

    def __init__(self, spec: InputSpec) -> None:
        super().__init__()
        self.network = build_body(spec.backbone["config"])
        config: Any = self.network.config
        self._shortest = shortest_input(config.conv_kernel, config.conv_stride)
        self.dim = spec.channels * int(config.hidden_size)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, T) -> (B, C * width)."""
        waves = x.flatten(0, 1)  # (B C, T)
        waves = F.pad(waves, (0, max(0, self._shortest - waves.shape[1])))
        return last_hidden(self.network(waves)).mean(dim=1).view(len(x), self.dim)


def shortest_input(kernels: list[int], strides: list[int]) -> int:
    """Steps for which a stack of convolutions without padding yields one frame.

    >>> shortest_input([10, 3, 3, 3, 3, 2, 2], [5, 2, 2, 2, 2, 2, 2])
    400
    """
    frames = 1
    for kernel, stride in zip(reversed(kernels), reversed(strides), strict=True):
        frames = (frames - 1) * stride + kernel
    return frames


@series_bodies.register("onnx")
class OnnxSeries(SeriesBody):
    """A frozen ONNX graph; it has no parameters. Where its length is fixed, series are resampled to it."""

    def __init__(self, spec: InputSpec) -> None:
        super().__init__()
        body = spec.backbone
        self.network = OnnxGraph(int(body["num_bytes"]), channels_last=False)
        self.dim, self._length = int(body["dim"]), int(body["fixed_length"])

    def forward(self, x: Tensor) -> Tensor:
        """What the graph yields, averaged over the axis between."""
        if self._length and x.shape[2] != self._length:
            x = F.interpolate(x, size=self._length, mode="linear", align_corners=False)
        features: Tensor = self.network(x)
        return features
