"""Convolutional networks and the residual table network: what the general contract does not cover."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from whet.data.inputs import InputSpec
from whet.data.kinds import Modality
from whet.errors import ConfigError, ShapeError
from whet.models.architecture import architectures, build
from whet.models.conv_layers import StochasticDepth, conv_norm
from whet.models.convnet import FEATURE_SCALE
from whet.models.convnext import ConvNeXtBlock, Norm
from whet.models.inception import InceptionModule
from whet.models.mobilenet import InvertedResidual, SqueezeExcite
from whet.models.resnet import PlainBlock, PreactBlock
from whet.rng import drawing_globally, make_generator
from whet.tasks.classes import ClassTarget
from whet.tasks.facts import Facts

PICTURES = ("resnet", "inception", "convnext", "mobilenet")
SMALL = {
    "resnet": {"widths": [8, 8, 16], "depths": [1, 1, 1]},
    "inception": {"widths": [8, 8, 16], "depths": [1, 1, 1]},
    "convnext": {"widths": [8, 8, 16], "depths": [1, 1, 1]},
    "mobilenet": {"widths": [8, 8, 16], "depths": [1, 1, 1], "num_features": 16},
}


def pictured(name, height, width=None, *, channels=3, **settings):
    spec = InputSpec(modality=Modality.IMAGE, channels=channels, height=height, width=width or height)
    return build(name, spec, 4, {**SMALL.get(name, {}), **settings}, seed=0)


def series(name, length, *, channels=2, **settings):
    return build(name, InputSpec(modality=Modality.SERIES, channels=channels, length=length), 4, settings, seed=0)


def noise(*shape):
    return torch.randn(shape, generator=make_generator(0, "data"))


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize(("height", "width"), [(2, 2), (5, 9), (8, 8), (28, 28), (20, 33), (97, 64), (256, 256)])
def test_pictures_of_any_size_train_and_leave_room_in_the_last_map(name, height, width):
    model = pictured(name, height, width, channels=1)
    batch = {"image": noise(3, 1, height, width)}
    assert model(batch).shape == (3, 4)
    last = model.feature_map(batch)
    assert last.shape[:2] == (3, 16)
    assert 2 <= min(last.shape[2:]) <= 12  # batch norm has more than one value; a pass stays affordable


@pytest.mark.parametrize("name", PICTURES)
def test_features_are_the_average_of_the_feature_map(name):
    model = pictured(name, 16).eval()
    batch = {"image": noise(2, 3, 16, 16)}
    torch.testing.assert_close(model.forward_features(batch), model.feature_map(batch).mean(dim=(2, 3)))


def test_features_of_the_other_networks_are_their_pooling_of_the_feature_map():
    batch = {"image": noise(2, 3, 16, 16)}
    model = pictured("convnet", 16, widths=[8, 8]).eval()
    expected = model.feature_map(batch).amax(dim=(2, 3)) * FEATURE_SCALE
    torch.testing.assert_close(model.forward_features(batch), expected)
    for name in ("tcn", "inception_time"):
        model, batch = series(name, 30).eval(), {"series": noise(2, 2, 30)}
        assert model.feature_map(batch).shape[2] == 30
        torch.testing.assert_close(model.forward_features(batch), model.feature_map(batch).mean(dim=2))


@pytest.mark.parametrize("name", PICTURES)
def test_memory_layout_does_not_matter_and_channels_last_is_kept(name):
    model, x = pictured(name, 16).eval(), noise(4, 3, 16, 16)
    last = model.feature_map({"image": x.to(memory_format=torch.channels_last)})
    assert last.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(last, model.feature_map({"image": x}), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("name", PICTURES)
def test_groups_of_layers_go_by_stage(name):
    model = pictured(name, 16)
    groups = model.layer_groups()
    assert len(groups) == 1 + 3 + 1
    assert {id(p) for p in groups[0]} == {id(p) for p in model.stem.parameters()}
    assert len(pictured("convnet", 16, widths=[8, 8]).layer_groups()) == 1 + 2 + 1
    assert len(series("tcn", 30, depth=3).layer_groups()) == 3 + 1


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_of_other_channels_and_faulty_settings_are_refused(name):
    with pytest.raises(ShapeError, match=r"reads images \(B, 3, H, W\); got \(2, 1, 16, 16\)"):
        pictured(name, 16)({"image": torch.zeros(2, 1, 16, 16)})
    with pytest.raises(
        ConfigError, match=r"widths must be .* got \[0, 4\]; .*equally many stages; got 2 and 1; dropout must be"
    ):
        pictured(name, 16, widths=[0, 4], depths=[1], dropout=1.0)
    with pytest.raises(ConfigError, match=r"more than 16 pixels .* got 16x16. Lower stem_stride"):
        pictured(name, 16, stem_stride=16)
    with pytest.raises(ConfigError, match="stem_stride must be 1 or more; got 0"):
        pictured(name, 16, stem_stride=0)


def test_settings_of_single_networks_are_checked():
    with pytest.raises(ConfigError, match="branch_scale must be in"):
        pictured("resnet", 16, branch_scale=-1.0)
    with pytest.raises(ConfigError, match=r"divisible by 4.*\[8, 6, 8\]"):
        pictured("inception", 16, widths=[8, 6, 8])
    with pytest.raises(ConfigError, match=r"stochastic_depth must be in.*kernel_size must be odd"):
        pictured("convnext", 16, kernel_size=4, stochastic_depth=1.0)
    with pytest.raises(ConfigError, match="expansion must be 1 or more; got 0"):
        pictured("mobilenet", 16, expansion=0)
    with pytest.raises(ConfigError, match=r"dropout.*width.*depth.*kernel_size must be odd"):
        series("tcn", 20, dropout=1.0, width=0, depth=0, kernel_size=2)
    with pytest.raises(ConfigError, match="residual_dropout must be in"):
        build("resnet_mlp", InputSpec(modality=Modality.TABLE, num_numbers=2), 2, {"residual_dropout": 1.0}, seed=0)


def test_a_plain_residual_block_computes_what_the_paper_writes():
    with drawing_globally(0, "block"):
        block = PlainBlock(6, 8, stride=2).eval()
    x = noise(2, 6, 9, 9)
    h = F.relu(F.conv2d(x, block.first[0].weight, stride=2, padding=1) / (1 + 1e-5) ** 0.5)
    h = F.conv2d(h, block.last.weight, padding=1) / (1 + 1e-5) ** 0.5
    kept = F.conv2d(x, block.shortcut[0].weight, stride=2) / (1 + 1e-5) ** 0.5
    torch.testing.assert_close(block(x), F.relu(h + kept), atol=1e-5, rtol=1e-4)


def test_with_a_branch_scale_of_zero_every_block_starts_as_its_shortcut():
    x = noise(2, 8, 6, 6)
    plain, preact = PlainBlock(8, 8, stride=1), PreactBlock(8, 8, stride=1)
    for block in (plain, preact):
        block.shrink(0.0)
    torch.testing.assert_close(plain(x), x.relu())
    torch.testing.assert_close(preact(x), x)
    started = pictured("resnet", 16, branch_scale=0.0)
    assert all(not b.last_norm.weight.any() for b in started.modules() if isinstance(b, PlainBlock))


def test_the_preactivation_form_keeps_a_clean_path_and_ends_with_a_norm():
    model = pictured("resnet", 16, preact=True, depths=[2, 2, 2])
    blocks = [b for b in model.modules() if isinstance(b, PreactBlock)]
    assert len(blocks) == 6
    assert sum(b.shortcut is None for b in blocks) == 4  # sizes change at the start of the second and third stage
    assert model.feature_map({"image": noise(2, 3, 16, 16)}).min() >= 0


def test_an_inception_module_joins_four_equal_branches_at_the_size_of_its_input():
    module = InceptionModule(6, 16).eval()
    x = noise(2, 6, 5, 7)
    joined = module(x)
    assert joined.shape == (2, 16, 5, 7)
    torch.testing.assert_close(joined[:, 4:8], module.small(x))
    flat = torch.ones(1, 6, 5, 5)
    averaged = module.average[0](flat)
    torch.testing.assert_close(averaged, flat)  # the border is not darkened by padding


def test_the_norm_of_convnext_is_over_the_channels_of_each_position():
    x = noise(2, 8, 3, 5)
    expected = (x - x.mean(dim=1, keepdim=True)) / (x.var(dim=1, unbiased=False, keepdim=True) + 1e-6).sqrt()
    torch.testing.assert_close(Norm(8)(x), expected, atol=1e-5, rtol=1e-4)


def test_a_convnext_block_computes_what_the_paper_writes():
    with drawing_globally(0, "block"):
        block = ConvNeXtBlock(8, 5, drop=0.0)
    x = noise(2, 8, 6, 6)
    h = F.conv2d(x, block.depthwise.weight, block.depthwise.bias, padding=2, groups=8)
    h = Norm(8)(h)
    # Linear layers over channels are 1 x 1 convolutions.
    h = F.gelu(F.conv2d(h, block.expand.weight[:, :, None, None], block.expand.bias))
    h = F.conv2d(h, block.reduce.weight[:, :, None, None], block.reduce.bias)
    torch.testing.assert_close(block(x), x + 0.1 * h, atol=1e-5, rtol=1e-4)


def test_depthwise_filters_shrink_with_the_picture():
    def sides(side):
        model = pictured("convnext", side)
        return [b.depthwise.kernel_size[0] for b in model.modules() if isinstance(b, ConvNeXtBlock)]

    assert sides(64) == [7, 7, 5]
    assert sides(8) == [7, 3, 3]


def test_stochastic_depth_drops_whole_examples_keeps_the_mean_and_rests_in_evaluation_mode():
    layer, x = StochasticDepth(0.25), torch.ones(4000, 2, 3, 3)
    with drawing_globally(0, "drop"):
        dropped = layer(x)
    per_example = dropped.flatten(1)
    assert torch.equal(per_example.amin(dim=1), per_example.amax(dim=1))
    assert dropped.mean() == pytest.approx(1.0, abs=0.05)
    assert layer.eval()(x) is x
    rates = [m.p for m in pictured("convnext", 16, stochastic_depth=0.2).modules() if isinstance(m, StochasticDepth)]
    assert rates == pytest.approx([0.0, 0.1, 0.2])


def test_an_inverted_residual_adds_its_input_only_where_sizes_agree_and_ends_linearly():
    kept = InvertedResidual(8, 8, stride=1, expansion=2, squeeze_excite=False).eval()
    x = noise(2, 8, 6, 6)
    torch.testing.assert_close(kept(x) - kept.branch(x), x, atol=1e-6, rtol=1e-5)
    assert kept.branch(x).min() < 0
    assert not InvertedResidual(8, 8, stride=2, expansion=2, squeeze_excite=False).is_residual
    assert not InvertedResidual(8, 9, stride=1, expansion=2, squeeze_excite=False).is_residual
    assert InvertedResidual(8, 9, stride=2, expansion=1, squeeze_excite=True)(x).shape == (2, 9, 3, 3)


def test_squeeze_and_excitation_weighs_whole_channels_between_zero_and_one():
    layer, x = SqueezeExcite(8), noise(3, 8, 4, 4).abs() + 0.1
    factors = layer(x) / x
    assert factors.min() > 0
    assert factors.max() < 1
    torch.testing.assert_close(factors.amin(dim=(2, 3)), factors.amax(dim=(2, 3)), atol=1e-5, rtol=1e-4)
    model = pictured("mobilenet", 16, squeeze_excite=True)
    assert sum(isinstance(m, SqueezeExcite) for m in model.modules()) == 3


@pytest.mark.parametrize("size", [5, 8])
def test_strided_convolutions_round_sizes_up(size):
    assert conv_norm(1, 1, 3, stride=2)(torch.zeros(2, 1, size, size)).shape[2] == -(-size // 2)


@pytest.mark.parametrize("length", [1, 4, 40, 333])
def test_a_tcn_sees_the_whole_series_with_no_block_too_many(length):
    model = series("tcn", length, width=4)
    assert model.receptive_field() >= length
    assert model.depth == 1 or series("tcn", length, width=4, depth=model.depth - 1).receptive_field() < length
    assert model({"series": noise(2, 2, length)}).shape == (2, 4)


def test_a_causal_tcn_reads_no_later_step_and_a_centred_one_does():
    x, later = noise(1, 2, 40), noise(1, 2, 40)
    later[..., 20:] += 1.0
    later[..., :20] = x[..., :20]
    for causal in (True, False):
        model = series("tcn", 40, width=4, causal=causal).eval()
        before, after = (model.feature_map({"series": s})[..., :20] for s in (x, later))
        assert torch.equal(before, after) == causal


def test_rows_of_a_residual_table_network_do_not_depend_on_their_batch_even_in_training_mode():
    spec = InputSpec(modality=Modality.TABLE, num_numbers=3, cardinalities=(4,))
    model = build("resnet_mlp", spec, 2, {"dropout": 0.0}, seed=0).train()
    rows = {"numbers": noise(6, 3), "categories": torch.tensor([[0], [1], [2], [3], [1], [2]])}
    alone = torch.cat([model({name: part[i : i + 1] for name, part in rows.items()}) for i in range(6)])
    torch.testing.assert_close(model(rows), alone, atol=1e-5, rtol=1e-4)


def test_blocks_of_a_residual_table_network_add_to_their_input():
    spec = InputSpec(modality=Modality.TABLE, num_numbers=3)
    model = build("resnet_mlp", spec, 2, {"depth": 3, "embedding": "none"}, seed=0).eval()
    with torch.no_grad():
        for block in model.blocks:
            block[4].weight.zero_()
            block[4].bias.zero_()
    numbers = noise(5, 3)
    expected = torch.relu(F.layer_norm(model.entry(numbers), (128,)))
    torch.testing.assert_close(model.forward_features({"numbers": numbers}), expected, atol=1e-5, rtol=1e-4)


def facts(modality, num_train=1_000, *, flip=True):
    target = ClassTarget(("a", "b"))
    return Facts(modality=modality, target=target, metric="accuracy", num_train=num_train,
                 image_size=(32, 32, 3), flip_is_safe=flip, series_shape=(1, 50))  # fmt: skip


@pytest.mark.parametrize("name", [*PICTURES, "convnet"])
def test_picture_recipes_mirror_only_where_that_is_safe(name):
    def augmented(flip):
        return [step.name for step in architectures[name].recipes(facts(Modality.IMAGE, flip=flip))["cnn"].augment]

    assert augmented(True) == ["translate", "flip"]
    assert augmented(False) == augmented(None) == ["translate"]


@pytest.mark.parametrize("name", PICTURES)
def test_picture_recipes_take_fewer_passes_over_more_pictures(name):
    def recipe(num_train):
        return architectures[name].recipes(facts(Modality.IMAGE, num_train))["cnn"]

    assert recipe(1_000).length.epochs > recipe(20_000).length.epochs > recipe(60_000).length.epochs >= 8
    assert recipe(1_000).batch_size < recipe(20_000).batch_size


@pytest.mark.parametrize(
    ("name", "modality", "family"),
    [
        ("inception_time", Modality.SERIES, "cnn"),
        ("tcn", Modality.SERIES, "cnn"),
        ("text_cnn", Modality.TEXT, "cnn"),
        ("embedding_bag", Modality.TEXT, "bag"),
        ("mlp", Modality.TABLE, "mlp"),
        ("tabm", Modality.TABLE, "mlp"),
        ("resnet_mlp", Modality.TABLE, "mlp"),
    ],
)
def test_every_network_states_its_family_and_a_first_recipe(name, modality, family):
    assert architectures[name].families == (family,)
    assert architectures[name].recipes(facts(modality))[family].architecture == name
