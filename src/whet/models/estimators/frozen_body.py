"""The frozen body of an estimator: opened when features are missing, stored once however many estimators use it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any

import numpy as np
import torch

from whet.data.dataset import Dataset
from whet.data.encoders.encoder import Encoder, encoder_for
from whet.data.inputs import InputSpec
from whet.models.architecture import Architecture, build
from whet.models.pretrained.backbone import Backbone
from whet.models.pretrained.extractor import Extractor, Pace, Precision
from whet.state import State

__all__ = ["FrozenBody"]


class FrozenBody:
    """Features of datasets, computed at most once per row of their source."""

    def __init__(
        self,
        encoder: Encoder,
        spec: InputSpec,
        *,
        digest: str,
        dim: int,
        precision: Precision,
        built: Mapping[str, Any],
        load: Callable[[Architecture], None],
    ) -> None:
        """``built``: architecture and settings; with ``spec`` they give the network, and ``load`` its weights."""
        self.spec, self.digest, self.dim, self.precision = spec, digest, dim, precision
        self._encoder, self._built, self._load = encoder, built, load
        self._preprocessing = encoder.state()
        self.preprocessing_digest = _digest_of(self._preprocessing, spec)

    @classmethod
    def of(
        cls, backbone: Backbone, train: Dataset, encoding: Mapping[str, Any], body: Mapping[str, Any], *, seed: int
    ) -> FrozenBody:
        """Around an opened backbone; ``encoding`` and ``body`` are settings of its encoder and network."""
        encoder = backbone.encoder(train, encoding, seed=seed)
        spec, digest = encoder.spec, backbone.about.digest
        if body:  # another pooling is another vector
            digest = hashlib.sha256(json.dumps([digest, dict(body)], sort_keys=True).encode()).hexdigest()
        dim = int(spec.backbone.get("dim", backbone.about.dim))
        if body.get("pooling") == "layers":
            from whet.models.pretrained.transformers_body import num_hidden_states, transformers

            dim *= num_hidden_states(transformers().AutoConfig.for_model(**spec.backbone["config"]))
        built = {"architecture": backbone.architecture, "settings": {**backbone.settings, **body}}
        return cls(encoder, spec, digest=digest, dim=dim, precision="float32", built=built, load=backbone.load_into)

    def features(self, dataset: Dataset, *, seconds: float | None = None, also: int = 0) -> np.ndarray:
        """(N, D) float32; ``seconds`` is a limit for them and for ``also`` more examples afterwards."""
        fresh = len(dataset) - dataset.derived.num_known(self._name, dataset.rows, dim=self.dim)
        pace = Pace(fresh + also, seconds)

        def compute(positions: np.ndarray) -> np.ndarray:
            return self._extractor.vectors(dataset.take(positions), pace=pace)

        return dataset.derived.rows(self._name, dataset.rows, dim=self.dim, compute=compute)

    def choose_precision(self, dataset: Dataset, wanted: str, *, seconds: float | None) -> None:
        """Settle "auto": what other features of these examples have, otherwise what is faster where seconds count."""
        for precision in ("bfloat16", "float32") if wanted == "auto" else ():
            self.precision = precision
            if dataset.derived.num_known(self._name, dataset.rows, dim=self.dim):
                return
        if wanted != "auto":
            self.precision = "bfloat16" if wanted == "bfloat16" else "float32"
        elif seconds is not None:
            self.precision = self._extractor.fastest(dataset)
            self.__dict__.pop("_extractor", None)  # made for the other precision

    @property
    def _name(self) -> str:
        return f"{self.digest}/{self.preprocessing_digest}/{self.precision}"

    @cached_property
    def _model(self) -> Architecture:
        model = build(self._built["architecture"], self.spec, 1, self._built["settings"], seed=0)
        self._load(model)
        return model.requires_grad_(False).eval()

    @cached_property
    def _extractor(self) -> Extractor:
        normalise = bool(self.spec.backbone.get("normalise", False))
        return Extractor(encoder=self._encoder, model=self._model, normalise=normalise, precision=self.precision)

    def shared(self) -> Mapping[str, State]:
        """The body and its preprocessing by digest; the weights are fetched when they are asked for."""
        modality, spec = str(self.spec.modality), self.spec.to_dict()
        preprocessing = State(
            {"modality": modality, "spec": spec, "encoder": dict(self._preprocessing.config)},
            self._preprocessing.arrays,
        )
        return _Shared(self.preprocessing_digest, preprocessing, self.digest, self._body_state)

    def _body_state(self) -> State:
        head = {f"head.{name}" for name in self._model.head.state_dict()}
        weights = {n: t.numpy() for n, t in self._model.state_dict().items() if n not in head}
        return State(dict(self._built), weights)

    @classmethod
    def from_shared(
        cls, shared: Mapping[str, State], *, digest: str, preprocessing: str, dim: int, precision: Precision
    ) -> FrozenBody:
        """The reverse of ``shared``."""
        about = shared[preprocessing]
        spec = InputSpec.from_dict(about.config["spec"])
        encoder = encoder_for(spec.modality).from_state(State(about.config["encoder"], about.arrays))
        body = shared[digest]
        frozen = cls(
            encoder,
            spec,
            digest=digest,
            dim=dim,
            precision=precision,
            built=dict(body.config),
            load=lambda model: _load(model, body.arrays),
        )
        frozen.preprocessing_digest = preprocessing
        return frozen


class _Shared(Mapping[str, State]):
    """Two states, the second made when it is asked for."""

    def __init__(self, first: str, state: State, second: str, make: Callable[[], State]) -> None:
        self._first, self._state, self._second, self._make = first, state, second, make

    def __getitem__(self, key: str) -> State:
        if key == self._first:
            return self._state
        if key == self._second:
            return self._make()
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        return iter((self._first, self._second))

    def __len__(self) -> int:
        return 2


def _load(model: Architecture, weights: Mapping[str, np.ndarray]) -> None:
    own = model.state_dict()
    with torch.no_grad():
        for name, array in weights.items():
            own[name].copy_(torch.from_numpy(np.array(array)).reshape(own[name].shape))


def _digest_of(state: State, spec: InputSpec) -> str:
    whole = hashlib.sha256(json.dumps([dict(state.config), spec.to_dict()], sort_keys=True).encode())
    for name, array in sorted(state.arrays.items()):
        whole.update(name.encode() + np.ascontiguousarray(array).tobytes())
    return whole.hexdigest()
