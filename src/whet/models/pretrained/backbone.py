"""The contract of a pretrained source: found on this machine, checked, and ready to start a network from.

A source is written ``hf:org/name``, ``timm:name``, ``torchhub:owner/repo:entry``, ``onnx:file.onnx``, ``minilm``, or as
the path of a folder: one that ``whet pretrain`` wrote, or a saved Transformers model. One file per kind in this folder.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from whet.data.dataset import Dataset
from whet.data.encoders.encoder import Encoder
from whet.data.kinds import Modality
from whet.models.architecture import Architecture
from whet.registry import Registry

__all__ = ["About", "Backbone", "Finding", "Scheme", "default_cache", "schemes"]


@dataclass(frozen=True, kw_only=True)
class About:
    """What a person wants to know before using it; nothing here needs the weights in memory."""

    source: str  # as it can be written again, with the revision pinned where there is one
    modality: Modality
    digest: str  # sha256 over configuration and weights: names the cached features and the shared weights
    licence: str  # as stated by the source, or "not stated"
    title: str  # for people: "MiniLM-L6 (22.7 M parameters)"
    num_parameters: int
    dim: int  # length of a feature vector
    can_train: bool  # False: only a frozen extractor (ONNX)


class Backbone(Protocol):
    """An opened source. ``fit`` uses it so: encoder -> build(architecture, encoder.spec, K, settings) -> load_into."""

    about: About
    architecture: str  # registered name of the network around it
    settings: Mapping[str, Any]  # settings that this architecture must be built with

    def encoder(self, train: Dataset, settings: Mapping[str, Any], *, seed: int) -> Encoder:
        """The preprocessing that the body was trained with (its own tokeniser, its own pixel statistics)."""
        ...

    def load_into(self, model: Architecture) -> None:
        """Put the pretrained weights into the body of a freshly built ``model``; its head stays as it is.

        Raises:
            BackboneError: the weights do not fit, with the first names and shapes that differ.
        """
        ...


def default_cache() -> Path:
    """``WHET_CACHE``, or ``.cache/whet`` in the home folder."""
    given = os.environ.get("WHET_CACHE")
    return Path(given) if given else Path.home() / ".cache" / "whet"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """How far a scheme may go to find what was asked for."""

    cache: Path = field(default_factory=default_cache)  # folder of everything that was ever downloaded
    may_download: bool = False  # nothing is downloaded without being asked
    may_run_code: bool = False  # PyTorch Hub runs the code of the repository


class Scheme(Protocol):
    """One kind of source."""

    def open(self, rest: str, *, finding: Finding) -> Backbone:
        """The source named ``rest`` (what follows the colon, or a path).

        Raises:
            BackboneError: it is not there, damaged, of a kind that cannot be used, or needs an extra or a permission;
                the message says which and what to do.
            HubError: it would have to be fetched from a hub that does not answer.
        """
        ...


schemes: Registry[Scheme] = Registry("pretrained source")  # by prefix, "hf" for hf:org/name
