"""The contract of a network: a backbone that yields features and a head that the task chooses.

Built by ``build(name, spec, num_outputs, settings, seed=...)`` so that initialisation draws from a named stream.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from torch import Tensor, nn

from whet.data.inputs import Batch, InputSpec
from whet.data.kinds import Modality
from whet.errors import ConfigError, did_you_mean
from whet.models.own_code import is_own
from whet.recipe import Recipe
from whet.registry import Registry
from whet.rng import drawing_globally
from whet.tasks.facts import Facts

__all__ = ["Architecture", "architectures", "build"]


class Architecture(nn.Module, ABC):
    """Backbone + head.

    A subclass takes ``(spec: InputSpec, num_outputs: int, *, <settings with defaults>)``. ``forward`` returns
    (B, K) outputs, or (B, M, K) when the network holds M members that are trained side by side and averaged.
    """

    modality: ClassVar[Modality]
    parts: ClassVar[tuple[str, ...]]  # the names in the batch that it reads
    families: ClassVar[tuple[str, ...]] = ()  # what people call its kind: "cnn", "lstm", "transformer" ...
    any_size: ClassVar[bool] = False  # pictures: one network reads smaller ones than it was built for as well
    needs_backbone: ClassVar[bool] = False  # it can only be built around a pretrained source (``InputSpec.backbone``)
    head: nn.Module

    @classmethod
    def reads(cls, modality: Modality) -> bool:
        """Whether it can be built for such examples."""
        return cls.modality == modality

    @classmethod
    def recipes(cls, facts: Facts) -> Mapping[str, Recipe]:
        """By family, the recipe with which it is first tried on such data; a family that does not fit is absent."""
        return {}

    @abstractmethod
    def forward_features(self, batch: Batch) -> Tensor:
        """(B, ..., D) features that the head reads."""

    @abstractmethod
    def reset_head(self, num_outputs: int) -> None:
        """Replace the head by a fresh one with ``num_outputs`` outputs; the backbone stays."""

    def forward(self, batch: Batch) -> Tensor:
        """(B, K) logits or standardised values."""
        outputs: Tensor = self.head(self.forward_features(batch))
        return outputs

    def receptive_field(self) -> int | None:
        """Pixels along a side, tokens or steps that one feature sees before pooling; None: all of them."""
        return None

    def layer_groups(self) -> list[list[nn.Parameter]]:
        """Every parameter once, in groups from the input to the head: for rates by layer and gradual unfreezing."""
        head = {id(p) for p in self.head.parameters()}
        body = [p for p in self.parameters() if id(p) not in head]
        return [group for group in (body, list(self.head.parameters())) if group]

    def initialise(self, sample: Batch) -> None:
        """Set what depends on data (whitening, quantile bins) from a few hundred training examples."""

    def decayed(self) -> list[nn.Parameter]:
        """Parameters that weight decay applies to: by default every one with two or more axes."""
        return [p for p in self.parameters() if p.ndim >= 2]


class Architectures(Registry[type[Architecture]]):
    """The registered ones, and besides whatever "module:factory" names (see ``own_network``); those are not listed."""

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or (isinstance(name, str) and is_own(name))

    def __getitem__(self, name: str) -> type[Architecture]:
        if not is_own(name):
            return super().__getitem__(name)
        from whet.models.own_network import own_architecture  # it is an architecture itself

        return own_architecture(name)


architectures = Architectures("architecture")


def build(name: str, spec: InputSpec, num_outputs: int, settings: Mapping[str, Any], *, seed: int) -> Architecture:
    """A fresh network whose initial weights depend on ``seed`` alone."""
    cls = architectures[name]
    if not cls.reads(spec.modality):
        raise ConfigError(f"architecture {name!r} reads {cls.modality} examples; these are {spec.modality}.")
    import inspect

    known = [p.name for p in inspect.signature(cls).parameters.values() if p.kind is p.KEYWORD_ONLY]
    for key in settings:
        if key not in known:
            raise ConfigError(f"architecture {name!r} has no setting {key!r}. {did_you_mean(key, known)}")
    with drawing_globally(seed, "init", name):
        return cls(spec, num_outputs, **settings)
