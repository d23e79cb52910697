"""Picture models of the timm library, ``timm:name``, with weights from the hub: offline first, as for ``hf:``.

Source: Wightman, "PyTorch Image Models", https://github.com/huggingface/pytorch-image-models.
"""

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
from whet.models.pretrained.backbone import About, Backbone, Finding, schemes
from whet.models.pretrained.digests import digest_of_files
from whet.models.pretrained.extras import import_extra
from whet.models.pretrained.hub import hub_folder
from whet.models.pretrained.licence import stated_licence
from whet.models.pretrained.saved_weights import count_parameters, require_safetensors, weight_files
from whet.models.pretrained.weights_by_name import copy_by_name

__all__ = ["TimmBackbone", "TimmScheme", "timm"]


def timm() -> Any:
    """The library; it needs torchvision."""
    return import_extra("timm", extra="timm", why="a timm model")


@dataclass(kw_only=True)
class TimmBackbone:
    """See ``Backbone``."""

    about: About
    folder: Path
    name: str  # as timm.create_model takes it
    pretrained: Mapping[str, Any]  # timm's own record: mean, std, input_size
    architecture: str = "pretrained_image"
    settings: Mapping[str, Any] = field(default_factory=dict)  # none: all is in the description of the body

    def encoder(self, train: Dataset, settings: Mapping[str, Any], *, seed: int) -> Encoder:
        """The model's own statistics."""
        mean, std = (tuple(self.pretrained.get(key, (0.5, 0.5, 0.5))) for key in ("mean", "std"))
        channels, side, _ = self.pretrained.get("input_size", (3, 224, 224))
        fixed = side if self.pretrained.get("fixed_input_size") else 0
        body = {"kind": "timm", "name": self.name, "channels": channels, "side": side, "fixed_side": fixed}
        return ImageEncoder.given(train, settings, mean=mean, std=std, backbone={**body, "dim": self.about.dim})

    def load_into(self, model: Architecture) -> None:
        """See ``Backbone``."""
        from whet.models.pretrained_image import PretrainedImage

        assert isinstance(model, PretrainedImage)
        copy_by_name(weight_files(self.folder), model.body.network, source=self.about.source)


class TimmScheme:
    """See ``Scheme``."""

    def open(self, rest: str, *, finding: Finding) -> Backbone:
        """The model ``name``, or ``name@revision`` of the repository timm/name on the hub."""
        name, _, revision = rest.partition("@")
        library = timm()
        if not name or not library.is_model(name.partition(".")[0]):
            raise BackboneError(f"timm has no model {name!r}. See timm.list_models(pretrained=True).")
        folder = hub_folder(f"timm/{name}", revision or None, finding=finding, written=f"timm:{name}")
        source = f"timm:{name}@{folder.name}"
        require_safetensors(folder, source=source, expected={})
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        num_parameters = count_parameters(folder)
        about = About(
            source=source,
            modality=Modality.IMAGE,
            digest=digest_of_files([*weight_files(folder), folder / "config.json"]),
            licence=stated_licence(folder),
            title=f"{name} ({num_parameters / 1e6:.1f} M parameters)",
            num_parameters=num_parameters,
            dim=int(config["num_features"]),
            can_train=True,
        )
        kept = config.get("pretrained_cfg", {})
        return TimmBackbone(about=about, folder=folder, name=name.partition(".")[0], pretrained=kept)


schemes.register("timm")(TimmScheme())
