"""Waveform bodies from the Transformers library, around a tiny saved model."""

import numpy as np
import pytest
import torch
from pretrained_sources import saved, tiny

from whet.data.inputs import InputSpec
from whet.data.kinds import Modality
from whet.errors import ConfigError
from whet.models.architecture import build
from whet.models.pretrained.backbone import Finding
from whet.models.pretrained.opening import open_backbone

pytest.importorskip("transformers")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return saved("wav2vec2", tmp_path_factory.mktemp("wav2vec2"))


def opened(folder):
    backbone = open_backbone(str(folder), finding=Finding(cache=folder))
    data = tiny(Modality.SERIES, n=16)
    encoder = backbone.encoder(data, {}, seed=0)
    model = build(backbone.architecture, encoder.spec, 3, {}, seed=0)
    backbone.load_into(model)
    return backbone, encoder, model, encoder.encode(data).batch(np.arange(16))


def test_features_are_the_library_s_mean_over_frames_channel_by_channel(folder):
    import transformers

    _, encoder, model, batch = opened(folder)
    reference = transformers.AutoModel.from_pretrained(folder).eval()
    x = batch["series"]  # (16, 2, 40)
    torch.testing.assert_close(x.mean(dim=2), torch.zeros(16, 2), atol=1e-5, rtol=0)
    torch.testing.assert_close(x.std(dim=2, correction=0), torch.ones(16, 2), atol=1e-4, rtol=0)
    with torch.no_grad():
        each = [reference(x[:, c]).last_hidden_state.mean(dim=1) for c in range(2)]
        torch.testing.assert_close(model.eval().forward_features(batch), torch.cat(each, dim=1), atol=1e-5, rtol=1e-4)
    assert encoder.spec.backbone["dim"] == 32


def test_every_parameter_has_a_gradient_and_stands_in_one_group(folder):
    _, _, model, batch = opened(folder)
    with torch.random.fork_rng():
        torch.nn.functional.cross_entropy(model.train()(batch), torch.arange(16) % 3).backward()
    silent = [n for n, p in model.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]
    assert all("k_proj.bias" in n for n in silent)
    groups = model.layer_groups()
    assert len(groups) == 4
    assert sorted(id(p) for g in groups for p in g) == sorted(id(p) for p in model.parameters())


def test_a_series_too_short_for_one_frame_is_continued_with_zeros(folder):
    _, _, model, batch = opened(folder)
    short = batch["series"][:, :, :7]
    with torch.no_grad():
        features = model.eval().forward_features({"series": short})
        padded = torch.nn.functional.pad(short, (0, 13))  # 10 + 2 * 5: three frames of the first filters, one of both
        assert torch.equal(features, model.forward_features({"series": padded}))


def test_without_a_backbone_the_network_says_what_it_needs():
    with pytest.raises(ConfigError, match="needs a pretrained waveform model"):
        build("pretrained_series", InputSpec(modality=Modality.SERIES, channels=1, length=9), 2, {}, seed=0)
