"""What can be set about the estimator on frozen features, checked in one place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, Self

from whet.errors import ConfigError, did_you_mean

__all__ = ["FrozenSettings"]


@dataclass(frozen=True, kw_only=True)
class FrozenSettings:
    """Settings of "frozen_features".

    >>> FrozenSettings.from_mapping({"backbone": "minilm"}).head
    'linear'
    """

    backbone: str = ""  # the pretrained source; required
    head: Literal["linear", "ridge"] = "linear"  # of classes: logistic regression or ridge; a number takes ridge
    precision: Literal["auto", "float32", "bfloat16"] = "auto"  # auto: bfloat16 where seconds count and it is faster
    encoding: Mapping[str, Any] = field(default_factory=dict)  # of the backbone's encoder, such as max_tokens
    body: Mapping[str, Any] = field(default_factory=dict)  # of the network around the body, such as pooling or side

    def __post_init__(self) -> None:
        rules = [
            ("backbone", self.backbone, bool(self.backbone), "a pretrained source, such as 'minilm' or 'hf:org/name'"),
            ("head", self.head, self.head in ("linear", "ridge"), "'linear' or 'ridge'"),
            ("precision", self.precision, self.precision in ("auto", "float32", "bfloat16"), "a known precision"),
        ]
        faults = [f"frozen_features.{n} must be {wanted}; got {value!r}." for n, value, ok, wanted in rules if not ok]
        if faults:
            raise ConfigError(" ".join(faults))

    @classmethod
    def from_mapping(cls, settings: Mapping[str, Any]) -> Self:
        """Unknown keys are a ConfigError."""
        known = [f.name for f in fields(cls)]
        for key in settings:
            if key not in known:
                raise ConfigError(f"frozen_features has no setting {key!r}. {did_you_mean(key, known)}")
        return cls(**settings)
