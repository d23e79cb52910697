"""InceptionTime: what the general contract of architectures does not cover."""

from __future__ import annotations

import pytest
import torch

from whet.data.inputs import InputSpec
from whet.data.kinds import Modality
from whet.errors import ConfigError
from whet.models.architecture import build
from whet.rng import make_generator


def network(channels=1, length=60, outputs=3, **settings):
    spec = InputSpec(modality=Modality.SERIES, channels=channels, length=length)
    return build("inception_time", spec, outputs, settings, seed=0)


def noise(*shape):
    return {"series": torch.randn(shape, generator=make_generator(0, "data"))}


@pytest.mark.parametrize(("channels", "length"), [(1, 1), (1, 5), (3, 24), (2, 300)])
def test_any_number_of_channels_and_steps_gives_outputs_of_the_right_shape(channels, length):
    model = network(channels, length, depth=4).eval()
    assert model(noise(2, channels, length)).shape == (2, 3)
    assert all(size % 2 for size in model.kernel_sizes)


def test_a_step_beyond_the_stated_receptive_field_changes_nothing():
    model = network(length=60, depth=3, kernel_size=5, filters=4).eval()
    pictures = torch.randn((1, 1, 1, 60), generator=make_generator(0, "data"), requires_grad=True)
    model.blocks(pictures)[0, :, 0, 30].sum().backward()
    reached = pictures.grad[0, 0, 0].nonzero().flatten()
    assert reached.min() == 30 - 6  # 1 + 3 * (5 - 1) = 13 steps, six to each side
    assert reached.max() == 30 + 6


def test_features_hardly_depend_on_where_a_pattern_lies():
    model = network(length=400, depth=3, filters=4, kernel_size=9).eval()
    x = torch.zeros(2, 1, 400)
    x[0, 0, 100:110] = 1.0
    x[1, 0, 250:260] = 1.0
    features = model.forward_features({"series": x})
    torch.testing.assert_close(features[0], features[1], atol=1e-5, rtol=1e-5)


def test_depth_and_filters_change_the_size_and_dropout_does_not():
    def count(**settings):
        return sum(p.numel() for p in network(**settings).parameters())

    assert count(depth=3) < count(depth=6)
    assert count(filters=8) < count(filters=16)
    assert count(bottleneck=0) > count()
    assert count(dropout=0.5) == count()


def test_all_faulty_settings_are_reported_together():
    with pytest.raises(ConfigError, match=r"depth must be at least 1; got 0.*dropout must be in \[0, 1\); got 1"):
        network(depth=0, dropout=1)
