"""A saved text model of the BERT or GPT kind with its own tokeniser."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from whet.data.dataset import Dataset
from whet.data.encoders.encoder import Encoder
from whet.data.encoders.text import TextEncoder
from whet.data.kinds import Modality
from whet.errors import BackboneError
from whet.models.architecture import Architecture
from whet.models.pretrained.backbone import About
from whet.models.pretrained.digests import digest_of_files
from whet.models.pretrained.licence import stated_licence
from whet.models.pretrained.saved_weights import count_parameters, weight_files
from whet.models.pretrained.transformers_body import body_dim, copy_weights, transformers

__all__ = ["SavedText", "open_text"]

# Positions of these begin behind the id that pads, so that the last ones cannot be used.
_POSITIONS_AFTER_PADDING = (
    "roberta",
    "camembert",
    "xlm-roberta",
    "xlm-roberta-xl",
    "roberta-prelayernorm",
    "longformer",
)


@dataclass(kw_only=True)
class SavedText:
    """See ``Backbone``."""

    about: About
    folder: Path
    config: Mapping[str, Any]
    pooling: str  # how the model's own authors summarise a text, where the folder says it: mean, cls or last
    normalise: bool  # whether they bring features to length 1

    architecture: str = "pretrained_text"
    settings: Mapping[str, Any] = field(default_factory=dict)  # none: all is in the description of the body

    def encoder(self, train: Dataset, settings: Mapping[str, Any], *, seed: int) -> Encoder:
        """The model's own tokeniser; nothing is learnt from ``train``."""
        body = {
            "kind": "transformers",
            "config": dict(self.config),
            "pooling": self.pooling,
            "normalise": self.normalise,
        }
        tokenizer = (self.folder / "tokenizer.json").read_text(encoding="utf-8")
        vocab_size, longest = int(self.config["vocab_size"]), _longest(self.config)
        return TextEncoder.given(tokenizer, settings, vocab_size=vocab_size, max_tokens=longest, backbone=body)

    def load_into(self, model: Architecture) -> None:
        """See ``Backbone``."""
        from whet.models.pretrained_text import PretrainedText

        assert isinstance(model, PretrainedText)
        copy_weights(self.folder, model.body, source=self.about.source)


def open_text(folder: Path, config: Mapping[str, Any], *, source: str, name: str) -> SavedText:
    """See ``open_saved``."""
    files = [*weight_files(folder), folder / "config.json", folder / "tokenizer.json"]
    if not files[-1].is_file():
        raise BackboneError(
            f"{source} has no tokenizer.json (the fast tokeniser's file). Write it with "
            "AutoTokenizer.from_pretrained(...).save_pretrained(FOLDER), or choose another model."
        )
    _check_vocabulary(files[-1], config, source)
    num_parameters, dim = count_parameters(folder), body_dim(config)
    about = About(
        source=source,
        modality=Modality.TEXT,
        digest=digest_of_files(files, _pooling(folder, config), str(_is_normalised(folder))),
        licence=stated_licence(folder),
        title=f"{name} ({num_parameters / 1e6:.1f} M parameters)",
        num_parameters=num_parameters,
        dim=dim,
        can_train=True,
    )
    return SavedText(
        about=about, folder=folder, config=config, pooling=_pooling(folder, config), normalise=_is_normalised(folder)
    )


def _check_vocabulary(tokenizer: Path, config: Mapping[str, Any], source: str) -> None:
    from tokenizers import Tokenizer

    try:
        largest = max(Tokenizer.from_file(str(tokenizer)).get_vocab().values(), default=0)
    except Exception as fault:  # the library raises nothing narrower
        raise BackboneError(f"{tokenizer} cannot be read ({fault}); download the model again.") from fault
    if largest >= config["vocab_size"]:
        raise BackboneError(
            f"{source}: its tokeniser yields ids up to {largest}, but the model knows {config['vocab_size']}. "
            "The two do not belong together; download the model again."
        )


def _longest(config: Mapping[str, Any]) -> int:
    """Tokens that the model can read at most; 512 where positions are relative and set no limit."""
    made = transformers().AutoConfig.for_model(**config)
    longest = int(getattr(made, "max_position_embeddings", 0) or 512)
    return longest - made.pad_token_id - 1 if made.model_type in _POSITIONS_AFTER_PADDING else longest


def _pooling(folder: Path, config: Mapping[str, Any]) -> str:
    stated = folder / "1_Pooling" / "config.json"
    if stated.is_file():
        modes = json.loads(stated.read_text(encoding="utf-8"))
        if modes.get("pooling_mode_lasttoken"):
            return "last"
        return "cls" if modes.get("pooling_mode_cls_token") else "mean"
    names = transformers().models.auto.modeling_auto
    kind = config["model_type"]
    # What only writes from left to right has read the whole text at its last token alone.
    writes = names.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES
    return "last" if kind in writes and kind not in names.MODEL_FOR_MASKED_LM_MAPPING_NAMES else "mean"


def _is_normalised(folder: Path) -> bool:
    modules = folder / "modules.json"
    return modules.is_file() and "models.Normalize" in modules.read_text(encoding="utf-8")
