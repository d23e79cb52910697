"""Stochastic depth of the ResNet: rises with the place of the block, rests in evaluation mode, neutral at 0."""

import pytest
import torch

import whet.models  # noqa: F401
from whet.data.inputs import InputSpec
from whet.data.kinds import Modality
from whet.errors import ConfigError
from whet.models.architecture import build
from whet.models.conv_layers import StochasticDepth

SPEC = InputSpec(modality=Modality.IMAGE, channels=3, height=16, width=16)
PICTURES = {"image": torch.rand(4, 3, 16, 16, generator=torch.Generator().manual_seed(0))}


def resnet(**settings):
    return build("resnet", SPEC, 3, {"widths": (8, 8), "depths": (2, 1), **settings}, seed=0)


@pytest.mark.parametrize("preact", [False, True])
def test_rates_rise_to_the_last_block_and_zero_is_neutral(preact):
    dropping = resnet(preact=preact, stochastic_depth=0.4)
    assert [m.p for m in dropping.modules() if isinstance(m, StochasticDepth)] == pytest.approx([0.0, 0.2, 0.4])
    plain = resnet(preact=preact)
    assert [n for n, _ in plain.named_parameters()] == [n for n, _ in dropping.named_parameters()]
    assert torch.equal(plain.train()(PICTURES), resnet(preact=preact, stochastic_depth=0.0).train()(PICTURES))
    assert torch.equal(resnet(preact=preact).eval()(PICTURES), dropping.eval()(PICTURES))


def test_a_probability_outside_its_range_is_refused():
    with pytest.raises(ConfigError, match="stochastic_depth must be in"):
        resnet(stochastic_depth=1.0)
