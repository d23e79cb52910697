"""Frozen extractors in ONNX files, ``onnx:path``: one float input, any framework's network, nothing to train.

Helps: a network of another library or language as a feature extractor. Hurts: it cannot be fine-tuned.
Source: the ONNX format, https://onnx.ai; run by ONNX Runtime.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch

from whet.data.dataset import Dataset
from whet.data.encoders.encoder import Encoder, encoder_for
from whet.data.encoders.image import ImageEncoder
from whet.data.kinds import Modality
from whet.errors import BackboneError
from whet.models.architecture import Architecture
from whet.models.pretrained.backbone import About, Backbone, Finding, schemes
from whet.models.pretrained.digests import digest_of_files
from whet.models.pretrained.onnx_graph import OnnxGraph, OnnxInput

__all__ = ["OnnxBackbone", "OnnxScheme"]

# What torchvision and most exported picture networks expect; the file itself does not say.
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
SIDE = 224  # pixels, where the file leaves the size open
READS = {4: Modality.IMAGE, 3: Modality.SERIES}  # by the number of axes


@dataclass(kw_only=True)
class OnnxBackbone:
    """See ``Backbone``."""

    about: About
    architecture: str
    content: bytes
    given: OnnxInput
    settings: Mapping[str, Any] = field(default_factory=dict)  # none: all is in the description of the body

    def encoder(self, train: Dataset, settings: Mapping[str, Any], *, seed: int) -> Encoder:
        """Pictures by ImageNet's statistics (0.5 for grey ones); series as the series encoder scales them."""
        body: dict[str, Any] = {"kind": "onnx", "num_bytes": len(self.content), "dim": self.about.dim}
        body |= {"channels": self.given.channels, "channels_last": self.given.channels_last}
        if self.about.modality is Modality.IMAGE:
            mean, std = (MEAN, STD) if self.given.channels == 3 else ((0.5,) * self.given.channels,) * 2
            body |= {"side": self.given.size or SIDE, "fixed_side": self.given.size}
            return ImageEncoder.given(train, settings, mean=mean, std=std, backbone=body)
        encoder = encoder_for(self.about.modality).fit(train, settings, seed=seed)
        if encoder.spec.channels != self.given.channels:
            raise BackboneError(
                f"{self.about.source} reads series of {self.given.channels} channels, but {train.origin} has "
                f"{encoder.spec.channels}. Choose the same channels, or another network."
            )
        encoder.spec = replace(encoder.spec, backbone={**body, "fixed_length": self.given.size})
        return encoder

    def load_into(self, model: Architecture) -> None:
        """See ``Backbone``."""
        graph = getattr(model, "body").network  # noqa: B009  of the architectures for pictures and series alike
        assert isinstance(graph, OnnxGraph)
        graph.content.copy_(torch.frombuffer(bytearray(self.content), dtype=torch.uint8))
        graph.forget()


class OnnxScheme:
    """See ``Scheme``; nothing is ever downloaded."""

    def open(self, rest: str, *, finding: Finding) -> Backbone:
        """The file at the path ``rest``."""
        path = Path(rest).expanduser()
        if not path.is_file():
            raise BackboneError(f"the pretrained source onnx:{rest} is not there: no such file. Check the path.")
        content, source = path.read_bytes(), f"onnx:{rest}"
        given = OnnxInput.of(content, source=source, folder=path.parent)
        modality = READS[given.num_axes]
        about = About(
            source=source,
            modality=modality,
            digest=digest_of_files([path]),
            licence="not stated",
            title=f"{path.name} ({given.num_parameters / 1e6:.1f} M parameters, frozen)",
            num_parameters=given.num_parameters,
            dim=given.dim,
            can_train=False,
        )
        return OnnxBackbone(about=about, architecture=f"pretrained_{modality}", content=content, given=given)


schemes.register("onnx")(OnnxScheme())
