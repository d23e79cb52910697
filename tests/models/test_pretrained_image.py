"""Picture bodies from the Transformers library, around tiny saved models."""

import numpy as np
import pytest
import torch
from pretrained_sources import PICTURES, saved, tiny

from whet.data.encoders.encoder import encoder_for
from whet.data.kinds import Modality
from whet.errors import BackboneError, ConfigError, ShapeError
from whet.models.architecture import build
from whet.models.pretrained.backbone import Finding
from whet.models.pretrained.opening import open_backbone

pytest.importorskip("transformers")


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    return {kind: saved(kind, tmp_path_factory.mktemp(kind)) for kind in PICTURES}


def opened(folder, *, settings=None, data=None):
    backbone = open_backbone(str(folder), finding=Finding(cache=folder))
    data = data or tiny(Modality.IMAGE, n=16)
    encoder = backbone.encoder(data, {}, seed=0)
    model = build(backbone.architecture, encoder.spec, 3, settings or {}, seed=0)
    backbone.load_into(model)
    return backbone, encoder, model, encoder.encode(data).batch(np.arange(len(data)))


@pytest.mark.parametrize("kind", PICTURES)
def test_features_equal_those_of_the_library_on_its_own_preprocessing(folders, kind):
    import transformers

    backbone, _, model, batch = opened(folders[kind])
    data = tiny(Modality.IMAGE, n=16)
    pixels = torch.from_numpy(data.columns["image"].gather(np.arange(16))).permute(0, 3, 1, 2) / 255
    mean = torch.tensor([0.5, 0.4, 0.3])[:, None, None]
    side = 16 if kind == "vit" else 32
    x = torch.nn.functional.interpolate((pixels - mean) / 0.2, size=(side, side), mode="bilinear", antialias=True)
    reference = transformers.AutoModel.from_pretrained(folders[kind]).eval()
    with torch.no_grad():
        outputs = reference(pixel_values=x)
        wanted = outputs.last_hidden_state[:, 0] if kind == "vit" else outputs.pooler_output.flatten(1)
        features = model.eval().forward_features(batch)
    torch.testing.assert_close(features, wanted, atol=1e-5, rtol=1e-4)
    assert features.shape[1] == backbone.about.dim


@pytest.mark.parametrize("kind", PICTURES)
def test_every_parameter_has_a_gradient_and_stands_in_one_group(folders, kind):
    _, _, model, batch = opened(folders[kind])
    with torch.random.fork_rng():
        torch.nn.functional.cross_entropy(model.train()(batch), torch.arange(16) % 3).backward()
    silent = [n for n, p in model.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]
    # Layer scale hides ConvNeXt's branches at first, and attention ignores a shift of all keys.
    assert all(n.endswith(("k_proj.bias", "key.bias")) for n in silent)
    groups = model.layer_groups()
    assert len(groups) == 4
    assert sorted(id(p) for g in groups for p in g) == sorted(id(p) for p in model.parameters())


@pytest.mark.parametrize("kind", PICTURES)
def test_a_smaller_side_is_read_too(folders, kind):
    _, _, model, batch = opened(folders[kind], settings={"side": 8})
    with torch.no_grad():
        assert model.eval()(batch).isfinite().all()


def test_grey_pictures_are_seen_as_grey_in_each_channel(folders):
    from dataclasses import replace

    from whet.data.columns import ImageColumn

    data = tiny(Modality.IMAGE, n=16)
    column = data.columns["image"]

    def with_channels(pixels):
        return replace(data, columns={"image": ImageColumn(pixels, column.rows)})

    _, encoder, model, batch = opened(folders["resnet"], data=with_channels(column.pixels[..., :1]))
    assert encoder.spec.channels == 1
    assert batch["image"].shape[1] == 1
    with torch.no_grad():
        threefold = model.eval()({"image": batch["image"].repeat(1, 3, 1, 1)})
        torch.testing.assert_close(model(batch), threefold)
    with pytest.raises(ShapeError, match=r"have 2 channels, but the pretrained body reads 3 \(or 1, repeated\)"):
        opened(folders["resnet"], data=with_channels(column.pixels[..., :2]))


def test_a_network_is_rebuilt_without_the_source(folders):
    _, encoder, model, batch = opened(folders["convnext"])
    again = encoder_for(Modality.IMAGE).from_state(encoder.state())
    fresh = build("pretrained_image", again.spec, 3, {}, seed=7)
    fresh.load_state_dict(model.state_dict())
    with torch.no_grad():
        assert torch.equal(fresh.eval()(batch), model.eval()(batch))


def test_unknown_statistics_and_wrong_settings_are_refused(folders, tmp_path):
    import shutil

    folder = shutil.copytree(folders["vit"], tmp_path / "copy")
    (folder / "preprocessor_config.json").unlink()
    with pytest.raises(BackboneError, match=r"no preprocessor_config\.json"):
        opened(folder)
    with pytest.raises(ConfigError, match=r"side must be at least 1 pixel, or None; got 0"):
        opened(folders["vit"], settings={"side": 0})
