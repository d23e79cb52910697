"""Grad-CAM: where the average over positions comes last, it is the class activation map, worked out by hand."""

import copy

import numpy as np
import pytest
import torch

from whet.data.kinds import Modality
from whet.errors import ConfigError
from whet.explaining import explain
from whet.explaining.grad_cam import class_activation_map
from whet.explaining.members import batch_of
from whet.models.architecture import architectures
from whet.testing.examples import tiny


@pytest.mark.parametrize("name", ["resnet", "inception_time"])
def test_with_global_average_pooling_it_is_the_class_activation_map(name, network_of):
    data = tiny(architectures[name].modality)
    fitted = network_of(name, data)
    batch = batch_of(fitted, data)
    found = class_activation_map(fitted.model, batch, 1)
    maps = fitted.model.feature_map(batch)
    positions = maps[0, 0].numel()
    weights = fitted.model.head.weight[1] / positions
    expected = torch.relu(torch.einsum("d,bd...->b...", weights, maps))
    assert found.shape == expected.shape
    assert torch.allclose(found, expected, atol=1e-5)


def test_the_model_is_left_as_it_was(network_of):
    data = tiny(Modality.IMAGE)
    fitted = network_of("convnet", data)
    keys, before = set(fitted.model.__dict__), fitted.scores(data)
    class_activation_map(fitted.model, batch_of(fitted, data), 0)
    assert set(fitted.model.__dict__) == keys
    assert np.array_equal(fitted.scores(data), before)


def test_the_heat_lies_where_the_pattern_is(network_of, model_of):
    data = tiny(Modality.IMAGE)
    fitted = network_of("resnet", data)
    seen = copy.copy(fitted.model)

    class Corner(type(fitted.model)):  # a stand-in whose map is the picture's brightness, pooled to a third
        def feature_map(self, batch):
            return torch.nn.functional.avg_pool2d(batch["image"].mean(dim=1, keepdim=True), 4)

        def forward_features(self, batch):
            return self.feature_map(batch).mean(dim=(2, 3))

    seen.__class__ = Corner
    seen.head = torch.nn.Linear(1, 3)
    with torch.no_grad():
        seen.head.weight.fill_(1.0)
    from dataclasses import replace

    (found,) = explain(model_of(data, [replace(fitted, model=seen)]), data, rows=[0], method="grad_cam")  # a lying bar
    heat = np.array(found.heat)
    assert heat.shape == (12, 12)
    assert heat.max() == 1.0
    assert heat[4:8].mean() > 3 * heat[:3].mean()  # rows 4 to 6 are bright
    assert not found.is_signed


def test_networks_without_a_map_are_told_apart(network_of, model_of):
    data = tiny(Modality.TABLE)
    with pytest.raises(ConfigError, match=r"grad_cam.*Use 'auto' or 'occlusion'"):
        explain(model_of(data, [network_of("mlp", data)]), data, rows=[0], method="grad_cam")
