"""Backbones that ``whet pretrain`` wrote, read back and checked.

backbone.json         format, architecture, its settings, modality, licence, figures, input sizes, digest
encoder.json          preprocessing, with encoder.safetensors
weights.safetensors   the network without its head
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor

from whet.data.dataset import Dataset
from whet.data.encoders.encoder import Encoder, encoder_for
from whet.data.kinds import Modality
from whet.errors import BackboneError
from whet.models.architecture import Architecture, architectures
from whet.models.pretrained.backbone import About
from whet.models.pretrained.own_encoder import pointed_at
from whet.stored_state import read_state

__all__ = ["OwnBackbone", "folder_digest"]

FORMAT = 1
FILES = ("encoder.json", "encoder.safetensors", "weights.safetensors")


def folder_digest(folder: Path, settings: Mapping[str, Any]) -> str:
    """sha256 over the bytes of the files beside backbone.json, in the order of ``FILES``, and of the settings."""
    whole = hashlib.sha256()
    for name in FILES:
        whole.update((folder / name).read_bytes())
    whole.update(json.dumps(settings, sort_keys=True, separators=(",", ":")).encode())
    return whole.hexdigest()


@dataclass(kw_only=True)
class OwnBackbone:
    """See ``Backbone``; open it with ``OwnBackbone.open``."""

    about: About
    architecture: str
    settings: Mapping[str, Any]
    folder: Path

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Read backbone.json and compare the files with its digest.

        Raises:
            BackboneError: incomplete, altered, or of a format or architecture that is not known here.
        """
        content = _content(folder)
        if content["architecture"] not in architectures:
            raise BackboneError(f"{folder}: architecture {content['architecture']!r} is not known to this Whet.")
        missing = [name for name in FILES if not (folder / name).is_file()]
        if missing:
            raise BackboneError(f"{folder} is incomplete: {', '.join(missing)} missing. Copy the whole folder again.")
        if folder_digest(folder, content["settings"]) != content["digest"]:
            raise BackboneError(
                f"{folder} was altered after it was written: its files do not match the digest in backbone.json. "
                "It is not loaded; restore it from a copy, or pretrain again."
            )
        settings = dict(content["settings"])
        return cls(
            about=_about(folder, content), architecture=content["architecture"], settings=settings, folder=folder
        )

    def encoder(self, train: Dataset, settings: Mapping[str, Any], *, seed: int) -> Encoder:
        """The preprocessing of the pretraining; it learns nothing from ``train`` and has no settings."""
        if settings:
            raise BackboneError(
                f"{self.about.source} brings its own preprocessing, which cannot be changed; "
                f"got settings {sorted(settings)!r}. Remove them."
            )
        encoder = encoder_for(self.about.modality).from_state(read_state(self.folder, "encoder"))
        return pointed_at(encoder, train, source=self.about.source)

    def load_into(self, model: Architecture) -> None:
        """See ``Backbone``."""
        from safetensors.torch import load_file

        head = {f"head.{name}" for name in model.head.state_dict()}
        fresh = {name: tensor for name, tensor in model.state_dict().items() if name not in head}
        given = {name: t for name, t in load_file(self.folder / "weights.safetensors").items() if name not in head}
        faults = _differences(fresh, given)
        if faults:
            more = f" and {len(faults) - 5} more" if len(faults) > 5 else ""
            raise BackboneError(f"the weights of {self.about.source} do not fit: {'; '.join(faults[:5])}{more}.")
        with torch.no_grad():
            for name, tensor in fresh.items():
                tensor.copy_(given[name].reshape(tensor.shape))


def _differences(fresh: Mapping[str, Tensor], given: Mapping[str, Tensor]) -> list[str]:
    missing = [f"{name} is missing" for name in fresh if name not in given]
    extra = [f"{name} is not in the network" for name in given if name not in fresh]
    shapes = [
        f"{name} is {tuple(given[name].shape)} and must be {tuple(fresh[name].shape)}"
        for name in fresh
        if name in given and not _same_shape(given[name], fresh[name])
    ]
    return missing + extra + shapes


def _same_shape(given: Tensor, fresh: Tensor) -> bool:
    # A tensor without axes may be stored as one of a single element.
    return given.shape == fresh.shape or given.numel() == fresh.numel() == 1


def _content(folder: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads((folder / "backbone.json").read_text(encoding="utf-8"))
        version = content["format"]
        absent = [key for key in ("architecture", "settings", "modality", "digest", "dim") if key not in content]
    except (ValueError, KeyError, TypeError) as fault:
        raise BackboneError(f"{folder / 'backbone.json'} is damaged ({fault}); restore it from a copy.") from fault
    if version != FORMAT:
        raise BackboneError(f"{folder} has backbone format {version!r}; only {FORMAT} is read here.")
    if absent:
        raise BackboneError(f"{folder / 'backbone.json'} is damaged: {', '.join(absent)} missing; restore it.")
    return content


def _about(folder: Path, content: Mapping[str, Any]) -> About:
    return About(
        source=str(folder),
        modality=Modality(content["modality"]),
        digest=content["digest"],
        licence=content.get("licence", "not stated"),
        title=content.get("title", folder.name),
        num_parameters=int(content.get("num_parameters", 0)),
        dim=int(content["dim"]),
        can_train=True,
    )
