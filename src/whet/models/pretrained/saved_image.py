"""A saved picture model of the ViT, ResNet or ConvNeXt kind with the statistics and size it was trained with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from whet.data.dataset import Dataset
from whet.data.encoders.encoder import Encoder
from whet.data.encoders.image import ImageEncoder
from whet.data.kinds import Modality
from whet.errors import BackboneError
from whet.models.architecture import Architecture
from whet.models.pretrained.backbone import About
from whet.models.pretrained.digests import digest_of_files
from whet.models.pretrained.licence import stated_licence
from whet.models.pretrained.saved_weights import count_parameters, weight_files
from whet.models.pretrained.transformers_body import body_dim, copy_weights

__all__ = ["SavedImage", "open_image"]


@dataclass(kw_only=True)
class SavedImage:
    """See ``Backbone``."""

    about: About
    folder: Path
    config: Mapping[str, Any]
    mean: tuple[float, ...]  # per channel, in [0, 1]
    std: tuple[float, ...]
    side: int  # pixels that the body was trained with

    architecture: str = "pretrained_image"
    settings: Mapping[str, Any] = field(default_factory=dict)  # none: all is in the description of the body

    def encoder(self, train: Dataset, settings: Mapping[str, Any], *, seed: int) -> Encoder:
        """The model's own statistics; nothing is learnt from ``train`` but the size of its pictures."""
        body = {"kind": "transformers", "config": dict(self.config), "side": self.side, "channels": len(self.mean)}
        return ImageEncoder.given(train, settings, mean=self.mean, std=self.std, backbone=body)

    def load_into(self, model: Architecture) -> None:
        """See ``Backbone``."""
        from whet.models.pretrained_image import PretrainedImage

        assert isinstance(model, PretrainedImage)
        copy_weights(self.folder, model.body.network, source=self.about.source)


def open_image(folder: Path, config: Mapping[str, Any], *, source: str, name: str) -> SavedImage:
    """See ``open_saved``."""
    path = folder / "preprocessor_config.json"
    if not path.is_file():
        raise BackboneError(
            f"{source} has no preprocessor_config.json, so the pictures' size and statistics that it was trained with "
            "are not known. Choose another model, or add the file."
        )
    values = json.loads(path.read_text(encoding="utf-8"))
    channels = int(config.get("num_channels", 3))
    mean, std = _statistics(values, channels)
    num_parameters = count_parameters(folder)
    about = About(
        source=source,
        modality=Modality.IMAGE,
        digest=digest_of_files([*weight_files(folder), folder / "config.json", path]),
        licence=stated_licence(folder),
        title=f"{name} ({num_parameters / 1e6:.1f} M parameters)",
        num_parameters=num_parameters,
        dim=body_dim(config),
        can_train=True,
    )
    return SavedImage(about=about, folder=folder, config=config, mean=mean, std=std, side=_side(values, config))


def _statistics(values: Mapping[str, Any], channels: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    if not values.get("do_normalize", True):
        return (0.0,) * channels, (1.0,) * channels
    mean, std = values.get("image_mean", 0.5), values.get("image_std", 0.5)  # 0.5: the library's own default
    both = [tuple(map(float, v)) if isinstance(v, list) else (float(v),) * channels for v in (mean, std)]
    return both[0], both[1]


def _side(values: Mapping[str, Any], config: Mapping[str, Any]) -> int:
    """Pixels along a side of what the network sees: the crop where there is one, otherwise the size.

    >>> _side({"size": {"shortest_edge": 256}, "crop_size": {"height": 224, "width": 224}}, {})
    224
    """
    size: Any = values.get("crop_size") if values.get("do_center_crop", "crop_size" in values) else None
    size = size or values.get("size") or config.get("image_size") or 224
    if isinstance(size, dict):
        size = size.get("shortest_edge") or size.get("height")
    return int(size[0] if isinstance(size, list) else size)
