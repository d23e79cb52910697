"""PyTorch Hub with a repository that the test writes, and timm where it is missing."""

import socket
import sys
import zipfile

import numpy as np
import pytest
import torch
from pretrained_sources import tiny

from whet.data.kinds import Modality
from whet.errors import BackboneError, HubError, MissingExtraError
from whet.models.architecture import build
from whet.models.pretrained import torch_hub_code
from whet.models.pretrained.backbone import Finding
from whet.models.pretrained.opening import open_backbone

HUBCONF = """
dependencies = ["torch"]
import torch
from torch import nn


def tiny(pretrained=False):
    net = nn.Sequential()
    net.conv = nn.Conv2d(3, 6, 3, stride=4)
    net.pool, net.flat = nn.AdaptiveAvgPool2d(1), nn.Flatten()
    net.fc = nn.Linear(6, 10)
    if pretrained:
        for p in net.parameters():
            nn.init.constant_(p, 0.5)
    return net


def not_a_network(pretrained=False):
    return 3
"""


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A cache with a clone of a repository."""
    monkeypatch.setenv("WHET_CACHE", str(tmp_path))
    folder = tmp_path / "torchhub" / "someone_nets_main"
    folder.mkdir(parents=True)
    (folder / "hubconf.py").write_text(HUBCONF)
    return folder


def test_code_runs_only_when_it_is_trusted_and_only_the_code_that_was(cache):
    source = "torchhub:someone/nets:tiny"
    with pytest.raises(BackboneError, match=r"runs the code of that repository with all your rights.*--trust-code"):
        open_backbone(source, finding=Finding())
    trusted = open_backbone(source, finding=Finding(may_run_code=True))
    assert (trusted.about.dim, trusted.about.num_parameters) == (6, 3 * 6 * 9 + 6)
    assert open_backbone(source, finding=Finding()).about == trusted.about  # the permission was written down
    (cache / "hubconf.py").write_text(HUBCONF + "\n# altered\n")
    with pytest.raises(BackboneError, match="--trust-code"):
        open_backbone(source, finding=Finding())


def test_the_body_without_its_classifier_is_built_again_from_the_cache(cache):
    backbone = open_backbone("torchhub:someone/nets:tiny", finding=Finding(may_run_code=True))
    data = tiny(Modality.IMAGE, n=8)
    encoder = backbone.encoder(data, {}, seed=0)
    model = build(backbone.architecture, encoder.spec, 3, {"side": 12}, seed=0).eval()
    backbone.load_into(model)
    batch = encoder.encode(data).batch(np.arange(8))
    half = torch.full((6, 3, 3, 3), 0.5)
    wanted = torch.nn.functional.conv2d(batch["image"], half, torch.full((6,), 0.5), stride=4).mean(dim=(2, 3))
    with torch.no_grad():
        torch.testing.assert_close(model.forward_features(batch), wanted)
    assert [len(g) for g in model.layer_groups()] == [2, 2]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("torchhub:nets", "does not name a model. Write torchhub:owner/repo"),
        ("torchhub:someone/other:tiny", "is not in the cache"),
        ("torchhub:someone/nets:no_such_entry", "could not be built"),
        ("torchhub:someone/nets:not_a_network", "returns int, not a network"),
    ],
)
def test_what_cannot_be_used_is_refused(cache, source, message):
    with pytest.raises(BackboneError, match=message):
        open_backbone(source, finding=Finding(may_run_code=True))


def test_code_is_fetched_whole_and_a_silent_hub_is_one_clear_error(cache, monkeypatch, tmp_path):
    with zipfile.ZipFile(tmp_path / "other-v1.zip", "w") as packed:
        packed.writestr("other-1/hubconf.py", HUBCONF)
    archive = f"file://{tmp_path}/other-{{ref}}.zip"
    monkeypatch.setattr(torch_hub_code, "ARCHIVE", archive)
    asked = Finding(may_download=True)
    with pytest.raises(BackboneError, match="--trust-code"):
        open_backbone("torchhub:someone/other:v1:tiny", finding=asked)
    assert (cache.parent / "someone_other_v1" / "hubconf.py").read_text() == HUBCONF
    assert open_backbone("torchhub:someone/other:v1:tiny", finding=Finding(may_run_code=True)).about.dim == 6
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    monkeypatch.setattr(torch_hub_code, "ARCHIVE", f"http://127.0.0.1:{port}/{{name}}/{{ref}}.zip")
    with pytest.raises(HubError, match=r"GitHub does not answer .*put a clone of the repository"):
        open_backbone("torchhub:someone/third:tiny", finding=asked)
    assert sorted(p.name for p in cache.parent.iterdir() if p.is_dir()) == ["someone_nets_main", "someone_other_v1"]


def test_without_timm_or_torchvision_the_message_names_the_extra(monkeypatch):
    for missing in ("timm", "torchvision"):
        monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(MissingExtraError, match=r'a timm model needs the package .*pip install "whet\[timm\]"'):
        open_backbone("timm:resnet18.a1_in1k", finding=Finding())
