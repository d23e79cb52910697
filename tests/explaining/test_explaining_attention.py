"""Attention: the weights of the pass itself, put where the words, patches, steps and columns are."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from whet.data.kinds import Modality
from whet.errors import ConfigError
from whet.explaining import explain
from whet.explaining.attention import received, rollout
from whet.explaining.layout import grid_of
from whet.testing.examples import target_of, tiny

PARTS = {
    Modality.TEXT: ("tokens",),
    Modality.IMAGE: ("image",),
    Modality.SERIES: ("series",),
    Modality.TABLE: ("numbers", "categories"),
}


class Attentive(nn.Module):
    """One position draws all attention; ``extra`` class tokens stand before the others."""

    def __init__(self, modality, *, count, favourite, extra=0, blocks=2, channels=1):
        super().__init__()
        self.parts = PARTS[modality]
        self.sizes = count, favourite, extra, blocks, channels

    def forward(self, batch):
        return next(iter(batch.values())).flatten(1).float().sum(dim=1, keepdim=True) * torch.tensor([[0.0, 0.1, -0.1]])

    def attention_maps(self, batch):
        count, favourite, extra, blocks, channels = self.sizes
        size = count + extra
        scores = torch.zeros(len(next(iter(batch.values()))) * channels, 2, size, size)
        scores[..., extra + favourite] = 9.0
        return [scores.softmax(dim=-1)] * blocks


class Pooled(nn.Module):
    """Attentive pooling, or not."""

    parts = ("tokens",)

    def __init__(self, has_weights=True):
        super().__init__()
        self.has_weights = has_weights

    def forward(self, batch):
        return torch.zeros(len(batch["tokens"]), 3)

    def attention(self, batch):
        if not self.has_weights:
            raise ConfigError("it was built with another pooling")
        ramp = torch.arange(1.0, batch["tokens"].shape[1] + 1)
        return (ramp / ramp.sum()).expand(len(batch["tokens"]), -1)


def explained(data, stand_in, network_of, model_of, method):
    name = {
        Modality.TEXT: "text_cnn", Modality.IMAGE: "convnet", Modality.SERIES: "inception_time", Modality.TABLE: "mlp"
    }[data.schema.modality]  # fmt: skip
    fitted = replace(network_of(name, data), model=stand_in.eval())
    return explain(model_of(data, [fitted]), data, rows=[0], method=method)[0]


@pytest.mark.parametrize("extra", [0, 1])
@pytest.mark.parametrize("method", ["attention", "attention_rollout"])
def test_words(method, extra, network_of, model_of):
    data = tiny(Modality.TEXT)
    words = data.columns["text"].texts()[0].split()
    stand_in = Attentive(Modality.TEXT, count=len(words), favourite=2, extra=extra)
    found = explained(data, stand_in, network_of, model_of, method)
    weights = [weight for _, weight in found.words]
    assert len(weights) == len(words)
    assert int(np.argmax(weights)) == 2
    assert sum(weights) == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize("extra", [0, 1])
def test_patches(extra, network_of, model_of):
    data = tiny(Modality.IMAGE)  # 12 x 12 pixels in 3 x 3 patches
    found = explained(
        data, Attentive(Modality.IMAGE, count=9, favourite=5, extra=extra), network_of, model_of, "attention"
    )
    heat = np.array(found.heat)
    assert np.unravel_index(heat.argmax(), heat.shape) in {(r, c) for r in range(4, 8) for c in range(8, 12)}


def test_steps_of_channels_that_are_read_one_by_one(network_of, model_of):
    data = tiny(Modality.SERIES)  # 40 steps in 10 patches, 2 channels
    stand_in = Attentive(Modality.SERIES, count=10, favourite=3, channels=2)
    found = explained(data, stand_in, network_of, model_of, "attention")
    assert len(found.steps) == 40
    assert 12 <= int(np.argmax(found.steps)) < 16


def test_columns(network_of, model_of):
    data = tiny(Modality.TABLE)  # size, noise, "noise is missing", colour
    stand_in = Attentive(Modality.TABLE, count=4, favourite=2, extra=1)
    found = explained(data, stand_in, network_of, model_of, "attention_rollout")
    assert [name for name, _, _ in found.columns] == ["size", "noise", "colour"]
    assert int(np.argmax([weight for _, _, weight in found.columns])) == 1


def test_weights_of_attentive_pooling_are_taken_as_they_are(network_of, model_of):
    data = tiny(Modality.TEXT)
    found = explained(data, Pooled(), network_of, model_of, "attention")
    weights = np.array([weight for _, weight in found.words])
    assert np.allclose(weights, np.arange(1, len(weights) + 1) / np.arange(1, len(weights) + 1).sum(), atol=1e-4)


def test_a_network_that_pools_otherwise_has_nothing_to_show(network_of, model_of):
    with pytest.raises(ConfigError, match="no member of this model can be asked by method 'attention'"):
        explained(tiny(Modality.TEXT), Pooled(has_weights=False), network_of, model_of, "attention")


def test_rollout_and_received_keep_shares_whole():
    maps = [torch.rand(1, 3, 5, 5).softmax(dim=-1) for _ in range(4)]
    for found in (received(maps), rollout(maps)):
        assert torch.allclose(found.sum(dim=-1), torch.ones(5, dtype=torch.float64))
    identity = torch.eye(5).expand(1, 3, 5, 5)
    assert torch.equal(rollout([identity] * 3), torch.eye(5, dtype=torch.float64))


def test_rollout_is_the_product_of_the_paper():
    maps = [torch.rand(1, 2, 4, 4).softmax(dim=-1) for _ in range(3)]
    expected = np.eye(4)
    for block in maps:
        expected = (0.5 * block[0].double().mean(dim=0).numpy() + 0.5 * np.eye(4)) @ expected
    assert np.allclose(rollout(maps).numpy(), expected)


def test_grids_that_do_not_fit_the_picture_are_refused():
    assert grid_of(10, 12, 12) is None
    assert grid_of(8, 8, 16) == (2, 4)
    assert target_of(tiny(Modality.IMAGE)).num_outputs == 3
