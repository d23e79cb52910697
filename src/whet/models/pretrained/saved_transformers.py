"""A folder with a saved Transformers model: what kind it is, whether it can be used, and the backbone around it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from whet.data.kinds import Modality
from whet.errors import BackboneError
from whet.models.pretrained.backbone import Backbone
from whet.models.pretrained.saved_image import open_image
from whet.models.pretrained.saved_series import open_series
from whet.models.pretrained.saved_text import open_text
from whet.models.pretrained.saved_weights import require_safetensors
from whet.models.pretrained.transformers_body import transformers

__all__ = ["open_saved"]


def open_saved(
    folder: Path, *, source: str, name: str | None = None, expected: Mapping[str, str] | None = None
) -> Backbone:
    """The model in ``folder``, called ``name``; ``expected`` holds the sha256 that files must have, where it is known.

    Raises:
        BackboneError: no safetensors, damaged, altered, or of a kind that cannot be used here.
    """
    config = _config(folder)
    require_safetensors(folder, source=source, expected=expected or {})
    modality, called = _modality(config, source), name or folder.name
    if modality is Modality.TEXT:
        return open_text(folder, config, source=source, name=called)
    if modality is Modality.IMAGE:
        return open_image(folder, config, source=source, name=called)
    return open_series(folder, config, source=source, name=called)


def _config(folder: Path) -> dict[str, Any]:
    path = folder / "config.json"
    try:
        config: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        config["model_type"]
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise BackboneError(
            f"{path} is not the configuration of a Transformers model ({fault!r}); download the model again."
        ) from fault
    return config


def _modality(config: Mapping[str, Any], source: str) -> Modality:
    """As the library files the model's type: by the tasks for which it has heads."""
    kind, names = config["model_type"], transformers().models.auto.modeling_auto
    if config.get("is_encoder_decoder"):
        raise BackboneError(
            f"{source} is an encoder with a decoder ({kind}), which is not supported. Choose a plain encoder, such as "
            "a BERT, ViT or wav2vec2 model."
        )
    if kind in names.MODEL_FOR_IMAGE_CLASSIFICATION_MAPPING_NAMES:
        return Modality.IMAGE
    if kind in names.MODEL_FOR_AUDIO_CLASSIFICATION_MAPPING_NAMES:
        return Modality.SERIES
    texts = (names.MODEL_FOR_MASKED_LM_MAPPING_NAMES, names.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES)
    if any(kind in mapping for mapping in (*texts, names.MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING_NAMES)):
        return Modality.TEXT
    raise BackboneError(
        f"{source} is a model of type {kind!r}, which reads neither texts, pictures nor waveforms alone. Choose "
        "another one, such as a BERT, ViT, ResNet or wav2vec2 model."
    )
