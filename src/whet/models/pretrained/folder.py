"""Sources written as a path: a folder that ``whet pretrain`` wrote, or a saved Transformers model."""

from __future__ import annotations

from pathlib import Path

from whet.errors import BackboneError
from whet.models.pretrained.backbone import Backbone, Finding, schemes
from whet.models.pretrained.own import OwnBackbone
from whet.models.pretrained.saved_transformers import open_saved

__all__ = ["FolderScheme"]


class FolderScheme:
    """See ``Scheme``; nothing is ever downloaded."""

    def open(self, rest: str, *, finding: Finding) -> Backbone:
        """The folder at the path ``rest``."""
        folder = Path(rest).expanduser()
        if not folder.exists():
            raise BackboneError(f"the pretrained source {rest!r} is not there: no such folder. Check the path.")
        if folder.is_file():
            hint = f" Write onnx:{rest}." if folder.suffix == ".onnx" else ""
            raise BackboneError(f"the pretrained source {rest!r} is a file, and a folder is expected.{hint}")
        if (folder / "backbone.json").is_file():
            return OwnBackbone.open(folder)
        if (folder / "config.json").is_file():
            return open_saved(folder, source=str(folder))
        raise BackboneError(
            f"{folder} holds neither backbone.json (written by whet pretrain) nor config.json (a saved Transformers "
            "model), so it is not a pretrained source. Check the path."
        )


schemes.register("folder")(FolderScheme())
