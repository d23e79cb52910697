"""Models of the tiny data: untrained networks, and scorers whose reasons are known."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch

import whet.data.encoders
import whet.models
import whet.models.estimators  # noqa: F401
from whet.bundle.model import Member, Model
from whet.data.encoders.encoder import encoder_for
from whet.evaluation.blend import Blend
from whet.models.architecture import architectures, build
from whet.recipe import Recipe
from whet.testing.examples import target_of
from whet.training.fitted_network import FittedNetwork


@dataclass(frozen=True)
class Known:
    """A member whose scores are ``rule(dataset)``."""

    rule: Any

    def scores(self, dataset):
        return self.rule(dataset)

    def state(self):
        raise NotImplementedError


def make_network(name, data, *, seed=0, **settings):
    cls = architectures[name]
    encoder = encoder_for(cls.modality).fit(data, {}, seed=0)
    target = target_of(data)
    model = build(name, encoder.spec, target.num_outputs, settings, seed=seed)
    with torch.no_grad():
        model.initialise(encoder.encode(data).batch(np.arange(len(data))))
        generator = torch.Generator().manual_seed(seed)
        for p in model.head.parameters():  # heads that start at zero would have nothing to explain
            p.add_(0.3 * torch.randn(p.shape, generator=generator))
    return FittedNetwork(
        encoder=encoder, model=model.requires_grad_(False).eval(), target=target, device=torch.device("cpu")
    )


def make_model(data, fitted, weights=None):
    weights = weights or [1 / len(fitted)] * len(fitted)
    return Model(
        task="made_up",
        schema=data.schema,
        target=target_of(data),
        members=tuple(Member(title="member", recipe=Recipe(architecture="made_up"), fitted=f) for f in fitted),
        blend=Blend(weights=tuple(weights)),
        metric="rmse" if data.schema.target_is_number else "accuracy",
    )


@pytest.fixture(scope="session")
def network_of():
    return make_network


@pytest.fixture(scope="session")
def model_of():
    return make_model


@pytest.fixture(scope="session")
def knowing():
    """A model of one member that answers by a rule: Dataset -> (N, K)."""
    return lambda data, rule: make_model(data, [Known(rule)])
