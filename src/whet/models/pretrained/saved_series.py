"""A saved waveform model of the wav2vec2 kind."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from whet.data.dataset import Dataset
from whet.data.encoders.encoder import Encoder
from whet.data.encoders.series import SeriesEncoder
from whet.data.kinds import Modality
from whet.errors import BackboneError
from whet.models.architecture import Architecture
from whet.models.pretrained.backbone import About
from whet.models.pretrained.digests import digest_of_files
from whet.models.pretrained.licence import stated_licence
from whet.models.pretrained.saved_weights import count_parameters, weight_files
from whet.models.pretrained.transformers_body import body_dim, copy_weights

__all__ = ["SavedSeries", "open_series"]


@dataclass(kw_only=True)
class SavedSeries:
    """See ``Backbone``."""

    about: About
    folder: Path
    config: Mapping[str, Any]
    z_normalise: str  # how the series encoder scales

    architecture: str = "pretrained_series"
    settings: Mapping[str, Any] = field(default_factory=dict)  # none: all is in the description of the body

    def encoder(self, train: Dataset, settings: Mapping[str, Any], *, seed: int) -> Encoder:
        """Each waveform at mean 0 and variance 1, where the model was trained so; the length is learnt."""
        encoder = SeriesEncoder.fit(train, {"z_normalise": self.z_normalise, **settings}, seed=seed)
        dim = self.about.dim * encoder.spec.channels  # each channel is read on its own
        body = {"kind": "transformers", "config": dict(self.config), "dim": dim}
        encoder.spec = replace(encoder.spec, backbone=body)
        return encoder

    def load_into(self, model: Architecture) -> None:
        """See ``Backbone``."""
        from whet.models.pretrained_series import PretrainedSeries

        assert isinstance(model, PretrainedSeries)
        copy_weights(self.folder, model.body.network, source=self.about.source)


def open_series(folder: Path, config: Mapping[str, Any], *, source: str, name: str) -> SavedSeries:
    """See ``open_saved``."""
    if "conv_stride" not in config:
        raise BackboneError(
            f"{source} ({config['model_type']}) reads spectrograms, and only bodies that read waveforms are supported. "
            "Choose a model of the wav2vec2 kind."
        )
    path = folder / "preprocessor_config.json"
    values = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    num_parameters = count_parameters(folder)
    about = About(
        source=source,
        modality=Modality.SERIES,
        digest=digest_of_files([*weight_files(folder), folder / "config.json", *([path] if path.is_file() else [])]),
        licence=stated_licence(folder),
        title=f"{name} ({num_parameters / 1e6:.1f} M parameters)",
        num_parameters=num_parameters,
        dim=body_dim(config),
        can_train=True,
    )
    scaled = "per_series" if values.get("do_normalize", True) else "none"
    return SavedSeries(about=about, folder=folder, config=config, z_normalise=scaled)
