"""The receptive field that a network states is the one that gradients reach."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from whet.data.inputs import InputSpec
from whet.data.kinds import Modality
from whet.models.architecture import build
from whet.models.receptive import Window, receptive_field
from whet.rng import drawing_globally, make_generator


@pytest.mark.parametrize(
    "windows",
    [
        [Window(1)],
        [Window(5)],
        [Window(3, 2), Window(3, 1), Window(2, 2), Window(3)],
        [Window(3, 1, 4), Window(3, 2, 2), Window(5)],
        [Window(2, 2), Window(2, 2), Window(7)],
    ],
)
def test_the_formula_agrees_with_gradients_through_plain_convolutions(windows):
    layers = [nn.Conv1d(1, 1, w.kernel, stride=w.stride, dilation=w.dilation) for w in windows]
    x = torch.zeros(1, 1, 100, dtype=torch.float64, requires_grad=True)
    stack = nn.Sequential(*layers).double()
    for layer in layers:
        nn.init.ones_(layer.weight)
    out = stack(x)
    out[0, 0, out.shape[2] // 2].backward()
    reached = x.grad[0, 0].nonzero().flatten()
    assert int(reached.max() - reached.min()) + 1 == receptive_field(windows)


def after_training(model):
    """With every weight moved: no scale, bias or identity filter hides a path."""
    with drawing_globally(0, "moved"), torch.no_grad():
        for name, p in model.named_parameters():
            if p.ndim > 1:
                p.add_(0.1 * torch.randn_like(p))
            elif name.endswith(("weight", "scale")):
                p.uniform_(0.5, 1.5)
            else:
                p.uniform_(-0.5, 0.5)
    return model.double().eval()


def reached(model, part, shape, num_examples):
    """Along the last axis, the positions that some example's gradient of the middle feature reaches."""
    x = torch.randn((num_examples, *shape), generator=make_generator(0, "x"), dtype=torch.float64, requires_grad=True)
    features = model.feature_map({part: x})
    middle = features[(..., *(size // 2 for size in features.shape[2:]))]  # (B, D)
    weights = torch.rand(middle.shape, generator=make_generator(1, "w"), dtype=torch.float64)
    (middle * weights).sum().backward()
    return x.grad.abs().amax(dim=tuple(range(x.ndim - 1))).nonzero().flatten()


@pytest.mark.parametrize(
    ("name", "side", "settings"),
    [
        ("resnet", 32, {"widths": [8, 8, 8]}),
        ("resnet", 64, {"widths": [8, 8], "depths": [2, 1], "preact": True}),
        ("inception", 32, {"widths": [8, 16], "depths": [1, 1]}),
        ("inception", 100, {"widths": [16], "depths": [2]}),
        ("convnext", 12, {"widths": [8, 8], "depths": [1, 2]}),
        ("convnext", 64, {"widths": [8, 8], "depths": [1, 1]}),
        ("mobilenet", 32, {"widths": [8, 8, 8], "depths": [1, 2, 1]}),
        ("convnet", 32, {"widths": [16, 16]}),
        ("convnet", 64, {"widths": [16, 16], "depth": 3}),
    ],
)
def test_gradients_reach_exactly_the_stated_pixels(name, side, settings):
    spec = InputSpec(modality=Modality.IMAGE, channels=2, height=side, width=side)
    model = after_training(build(name, spec, 3, settings, seed=0))
    stated = model.receptive_field()
    size = max(side, stated + stated // 2 + 1)  # larger than it was built for, so that no border cuts the field
    positions = reached(model, "image", (2, size, size), 24)
    assert int(positions.max() - positions.min()) + 1 == stated == len(positions)


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("tcn", {"width": 8, "kernel_size": 3, "depth": 3}),
        ("tcn", {"width": 8, "causal": True, "depth": 2}),
        ("inception_time", {"filters": 4, "depth": 4, "kernel_size": 9}),
    ],
)
def test_gradients_reach_exactly_the_stated_steps(name, settings):
    spec = InputSpec(modality=Modality.SERIES, channels=2, length=120)
    model = after_training(build(name, spec, 3, settings, seed=0))
    positions = reached(model, "series", (2, 120), 8)
    assert int(positions.max() - positions.min()) + 1 == model.receptive_field() == len(positions)


def test_inception_time_states_the_kernels_that_were_cut_to_the_series():
    def stated(length):
        spec = InputSpec(modality=Modality.SERIES, channels=1, length=length)
        return build("inception_time", spec, 2, {"depth": 3}, seed=0).receptive_field()

    assert stated(300) == 1 + 3 * 38
    assert stated(24) == 1 + 3 * 10


def test_gradients_of_the_text_filters_reach_exactly_the_stated_tokens():
    spec = InputSpec(modality=Modality.TEXT, vocab_size=50, max_tokens=30)
    model = build("text_cnn", spec, 3, {"filters": 8, "dim": 8}, seed=0).eval()
    kept = []
    model.embed.register_forward_hook(lambda module, inputs, output: kept.append(output.retain_grad() or output))
    tokens = 1 + torch.randperm(49, generator=make_generator(0, "tokens"))[None, :30]  # no ties between places
    widest = 0
    for feature in range(4 * 8):
        model.forward_features({"tokens": tokens})[0, feature].backward()
        places = kept.pop().grad[0].abs().sum(dim=1).nonzero().flatten()
        widest = max(widest, int(places.max() - places.min()) + 1 if len(places) else 0)
    assert widest == model.receptive_field() == 4


def test_a_network_that_looks_at_everything_states_none():
    picture = InputSpec(modality=Modality.IMAGE, channels=1, height=16, width=16)
    assert build("mobilenet", picture, 2, {"squeeze_excite": True}, seed=0).receptive_field() is None
    assert build("mobilenet", picture, 2, {}, seed=0).receptive_field() is not None
    table = InputSpec(modality=Modality.TABLE, num_numbers=3)
    assert all(build(name, table, 2, {}, seed=0).receptive_field() is None for name in ("mlp", "tabm", "resnet_mlp"))
    texts = InputSpec(modality=Modality.TEXT, num_buckets=9)
    assert build("embedding_bag", texts, 2, {}, seed=0).receptive_field() == 1
