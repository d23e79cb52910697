from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from whet.data.columns import ImageColumn
from whet.data.inputs import InputSpec
from whet.data.kinds import Modality
from whet.errors import ConfigError, ShapeError
from whet.models.architecture import build
from whet.models.convnet_block import BiasNorm, ConvBlock
from whet.models.convnet_stem import WhiteningStem, patches
from whet.models.gram import Moments, solve
from whet.models.hog import hog
from whet.models.mirror import mirror_evidence
from whet.rng import make_generator


def spec(side, channels, width=None):
    return InputSpec(modality=Modality.IMAGE, channels=channels, height=side, width=width or side)


def images(n, side, channels, *, seed=0):
    return torch.rand(n, channels, side, side, generator=make_generator(seed, "images"))


@pytest.mark.parametrize(
    ("side", "channels", "settings"),
    [
        (2, 1, {}),
        (8, 1, {}),
        (28, 1, {"widths": [8, 16]}),
        (32, 3, {"widths": (8, 8, 16), "stem_stride": 2}),
        (64, 3, {"widths": (8, 8, 16), "depth": 3, "dropout": 0.5}),
        (100, 4, {"widths": (8, 8)}),
    ],
)
def test_the_network_fits_pictures_from_two_to_hundreds_of_pixels(side, channels, settings):
    model = build("convnet", spec(side, channels), 5, settings, seed=0)
    batch = {"image": images(3, side, channels)}
    model.initialise(batch)
    assert model(batch).shape == (3, 5)
    assert model.forward_features(batch).shape == (3, list(settings.get("widths", (64, 128, 256)))[-1])


def test_pictures_need_not_be_square():
    model = build("convnet", spec(20, 3, width=33), 2, {"widths": [8]}, seed=0)
    assert model({"image": torch.zeros(2, 3, 20, 33)}).shape == (2, 2)


def test_the_whitening_stem_decorrelates_patches_to_unit_variance():
    pictures = torch.randn(200, 3, 8, 8, generator=make_generator(0, "x"))
    pictures[:, 1] = pictures[:, 0] + 0.1 * pictures[:, 1]  # strongly correlated channels
    stem = WhiteningStem(3, stride=1)
    stem.whiten(pictures)
    with torch.no_grad():
        out = stem(pictures)[:, :12].transpose(0, 1).flatten(1)  # the filters without their negatives
    covariance = torch.cov(out)
    assert torch.allclose(covariance - torch.diag(covariance.diagonal()), torch.zeros(12, 12), atol=1e-2)
    assert covariance.diagonal().max() < 1.01
    assert covariance.diagonal().min() > 0.9


def test_the_second_half_of_the_stem_is_the_negative_of_the_first_and_filters_do_not_train():
    model = build("convnet", spec(16, 3), 4, {}, seed=0)
    model.initialise({"image": images(40, 16, 3)})
    filters = model.stem.filters
    assert torch.equal(filters[:12], -filters[12:])
    assert not any(p is filters for p in model.parameters())


def test_patches_are_those_of_a_sliding_window():
    x = images(2, 5, 3)
    expected = x.unfold(2, 2, 1).unfold(3, 2, 1).permute(0, 2, 3, 1, 4, 5).reshape(-1, 12)
    assert torch.equal(patches(x, 2), expected)


def test_a_fresh_block_passes_its_input_channels_through():
    block = ConvBlock(4, 6, depth=1, pool=False).eval()
    x = images(2, 6, 4)
    with torch.no_grad():
        out = block(x)
    torch.testing.assert_close(out[:, :4], torch.nn.functional.gelu(x / (1 + 1e-5) ** 0.5))


def test_bias_norm_equals_batch_norm_with_its_scale_left_at_one():
    ours, theirs = BiasNorm(3), torch.nn.BatchNorm2d(3)
    for seed in range(3):
        x = images(5, 4, 3, seed=seed)
        assert torch.equal(ours(x), theirs(x))
    assert torch.equal(ours.eval()(x), theirs.eval()(x))
    assert torch.equal(ours.running_var, theirs.running_var)


def test_only_filters_and_the_head_matrix_decay():
    model = build("convnet", spec(16, 3), 4, {"widths": [8, 8]}, seed=0)
    names = {name for name, p in model.named_parameters() if any(p is q for q in model.decayed())}
    assert names == {n for n, _ in model.named_parameters() if n.endswith("weight")}
    assert len(names) == 5


def test_faults_of_the_settings_are_reported_together():
    with pytest.raises(ConfigError, match=r"widths .*got \[\]; stem_stride .*got 0; depth .*got 0; dropout .*got 1.0"):
        build("convnet", spec(16, 3), 4, {"widths": [], "stem_stride": 0, "depth": 0, "dropout": 1.0}, seed=0)
    with pytest.raises(ConfigError, match=r"at least 2 pixels .* got 1x1"):
        build("convnet", spec(1, 3), 4, {}, seed=0)


def test_a_batch_with_other_channels_is_refused():
    with pytest.raises(ShapeError, match=r"\(B, 3, H, W\); got \(2, 1, 16, 16\)"):
        build("convnet", spec(16, 3), 4, {}, seed=0)({"image": torch.zeros(2, 1, 16, 16)})


def test_hog_ignores_brightness_and_sees_orientation():
    lying, standing = torch.zeros(1, 1, 32, 32), torch.zeros(1, 1, 32, 32)
    lying[:, :, 12:18], standing[:, :, :, 12:18] = 200, 200
    torch.testing.assert_close(hog(lying), hog(lying + 40))
    assert (hog(lying) - hog(standing)).norm() > 1
    cells = hog(standing).reshape(49, 4, 9)
    assert cells.sum(dim=(0, 1)).argmax() == 0  # the gradient of a standing bar points across: 0 degrees


def test_hog_of_flat_and_of_large_pictures_is_finite_and_of_one_size():
    assert hog(torch.full((1, 3, 32, 32), 7.0)).abs().sum() == 0
    assert hog(torch.rand(1, 3, 64, 64)).shape == hog(torch.rand(1, 3, 200, 200)).shape == (1, 1764)
    assert hog(torch.rand(1, 1, 1, 3)).isfinite().all()


def test_moments_of_parts_add_up_and_solve_equals_ridge_regression():
    from sklearn.linear_model import Ridge

    x, y = images(40, 2, 2).flatten(1), images(40, 1, 3, seed=1).flatten(1)
    whole = Moments.of(x[:15], y[:15]) + Moments.of(x[15:], y[15:])
    weights, intercept = solve(whole, 0.1)
    penalty = 0.1 * float((x - x.mean(0)).square().sum(0).mean()) + 1e-6
    reference = Ridge(alpha=penalty).fit(x.double().numpy(), y.double().numpy())
    np.testing.assert_allclose(weights.T, reference.coef_, atol=1e-5)
    np.testing.assert_allclose(intercept, reference.intercept_, atol=1e-5)
    part = whole - Moments.of(x[15:], y[15:])
    np.testing.assert_allclose(part.xx, Moments.of(x[:15], y[:15]).xx, atol=1e-5)


def column(pixels):
    return ImageColumn(np.ascontiguousarray(pixels, dtype=np.uint8), np.arange(len(pixels)))


def shapes(n, *, arrows, seed=0):
    """Bars that lie, stand or cross; with ``arrows`` a dot left or right of the middle makes another class."""
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 60, (n, 16, 16, 1))
    codes = rng.integers(0, 3, n)
    for picture, code in zip(pixels, codes):
        y, x = rng.integers(4, 10, 2)
        if arrows:
            picture[y : y + 3, (2 if code == 0 else 11 if code == 1 else 7) :][:, :3] = 200
        if code != 1 and not arrows:
            picture[y : y + 2] = 200
        if code != 0 and not arrows:
            picture[:, x : x + 2] = 200
    return column(pixels), codes


def test_symmetric_shapes_may_be_mirrored():
    evidence = mirror_evidence(*shapes(400, arrows=False), seed=0)
    assert evidence.is_safe, evidence.why
    assert evidence.accuracy > 0.8


def test_left_and_right_may_not_be_mirrored():
    evidence = mirror_evidence(*shapes(400, arrows=True), seed=0)
    assert not evidence.is_safe
    assert evidence.drop > 0.3
    assert "mirroring changes what they show" in evidence.why


def test_digits_may_not_be_mirrored():
    digits = load_digits()
    evidence = mirror_evidence(column(digits.images[..., None] * 15), digits.target, seed=0)
    assert not evidence.is_safe
    assert evidence.accuracy > 0.9
    assert evidence.mirrored_accuracy < 0.5


def test_two_mirrored_classes_among_many_symmetric_ones_are_noticed():
    (plain, codes), (sided, sides) = shapes(900, arrows=False), shapes(120, arrows=True, seed=1)
    pixels = np.concatenate([plain.pixels, sided.pixels[sides < 2]])
    labels = np.concatenate([codes, 3 + sides[sides < 2]])
    evidence = mirror_evidence(column(pixels), labels, seed=0)
    assert not evidence.is_safe


def test_without_signal_or_with_few_pictures_mirroring_is_not_called_safe():
    noise, codes = column(np.random.default_rng(0).integers(0, 256, (300, 16, 16, 1))), np.arange(300) % 3
    assert not mirror_evidence(noise, codes, seed=0).is_safe
    few = mirror_evidence(noise.take(np.arange(12)), codes[:12], seed=0)
    assert not few.is_safe
    assert "not enough" in few.why
