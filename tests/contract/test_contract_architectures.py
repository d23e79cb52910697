"""Every registered network passes the same contract; registering is enough to be tested."""

from __future__ import annotations

import pytest
import torch
from contract_data import own
from torch import nn

from whet.data.kinds import Modality
from whet.errors import ConfigError
from whet.models.architecture import Architecture, architectures
from whet.testing import ARCHITECTURE_CHECKS, check_architecture
from whet.testing.case import Case

NAMES = [name for name, cls in own(architectures) if not cls.needs_backbone]


@pytest.mark.parametrize("check", ARCHITECTURE_CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", NAMES)
def test_architecture(name, check):
    check(Case(name=name))


class Faulty(Architecture):
    """Breaks several rules: a dead parameter, features that mix the batch, draws in evaluation mode."""

    modality = Modality.SERIES
    parts = ("series",)

    def __init__(self, spec, num_outputs, *, width: int = 8):
        super().__init__()
        self.first = nn.Linear(spec.channels * spec.length, width)
        self.dead = nn.Parameter(torch.zeros(3))
        self.head = nn.Linear(width, num_outputs)

    def forward_features(self, batch):
        h = torch.relu(self.first(batch["series"].flatten(1)))
        return h - h.mean(dim=0, keepdim=True) + 1e-3 * torch.rand(h.shape)

    def reset_head(self, num_outputs):
        self.head = nn.Linear(8, num_outputs)


@pytest.fixture
def faulty():
    architectures.register("faulty_for_the_contract")(Faulty)
    yield "faulty_for_the_contract"
    architectures._items.pop("faulty_for_the_contract")


def test_a_user_architecture_that_breaks_rules_is_told_which(faulty):
    with pytest.raises(AssertionError) as found:
        check_architecture(Faulty)
    for rule in ("dead has no gradient", "batch_companions", "evaluation_mode_draws_nothing", "two passes differ"):
        assert rule in str(found.value)


def test_an_unregistered_class_is_refused():
    with pytest.raises(ConfigError, match="register"):
        check_architecture(Faulty)
