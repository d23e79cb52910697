"""Text bodies from the Transformers library, around tiny saved models."""

import copy
import json

import numpy as np
import pytest
import torch
from pretrained_sources import TEXTS, VOCABULARY, saved, tiny

from whet.data.encoders.encoder import encoder_for
from whet.data.inputs import InputSpec
from whet.data.kinds import Modality
from whet.errors import BackboneError, ConfigError
from whet.models.architecture import build
from whet.models.pretrained.backbone import Finding
from whet.models.pretrained.opening import open_backbone
from whet.state import State

pytest.importorskip("transformers")


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    return {kind: saved(kind, tmp_path_factory.mktemp(kind)) for kind in TEXTS}


def opened(folder, *, load=True, settings=None, encoding=None, n=16):
    backbone = open_backbone(str(folder), finding=Finding(cache=folder))
    data = tiny(Modality.TEXT, n=n)
    encoder = backbone.encoder(data, encoding or {}, seed=0)
    model = build(backbone.architecture, encoder.spec, 3, settings or {}, seed=0)
    if load:
        backbone.load_into(model)
    return backbone, encoder, model, encoder.encode(data).batch(np.arange(n))


@pytest.mark.parametrize("kind", TEXTS)
def test_features_equal_those_of_the_library_on_each_text_alone(folders, kind):
    import transformers

    backbone, _, model, batch = opened(folders[kind])
    reference = transformers.AutoModel.from_pretrained(folders[kind]).eval()
    with torch.no_grad():
        features = model.eval().forward_features(batch)
        for row in range(4):
            ids = batch["tokens"][row][batch["tokens"][row] != 0] - 1
            hidden = reference(input_ids=ids[None]).last_hidden_state[0]
            wanted = hidden[-1] if kind == "gpt2" else hidden.mean(dim=0)
            torch.testing.assert_close(features[row], wanted, atol=1e-5, rtol=1e-4)
    assert features.shape[1] == backbone.about.dim == 16
    assert features.std(dim=0).min() > 1e-4  # texts differ


@pytest.mark.parametrize("kind", TEXTS)
def test_every_parameter_moves_and_one_batch_is_memorised(folders, kind):
    _, _, model, batch = opened(folders[kind], settings={"dropout": 0.0})
    codes = torch.arange(16) % 3
    optimiser = torch.optim.Adam(model.parameters(), lr=3e-3)
    for step in range(300):
        with torch.random.fork_rng():
            torch.manual_seed(step)
            loss = torch.nn.functional.cross_entropy(model.train()(batch), codes)
        loss.backward()
        if step == 0:
            assert [n for n, p in model.named_parameters() if p.grad is None or not p.grad.isfinite().all()] == []
            used = {n for n, p in model.named_parameters() if p.grad.abs().sum() > 0}
            assert used | {n for n, _ in model.named_parameters() if "key.bias" in n or "k_lin.bias" in n} == {
                n for n, _ in model.named_parameters()
            }  # a shift of all keys alike changes no attention
        optimiser.step()
        optimiser.zero_grad()
        if step % 20 == 19 and torch.nn.functional.cross_entropy(model.eval()(batch), codes) < 0.05:
            break
    assert torch.nn.functional.cross_entropy(model.eval()(batch), codes) < 0.05


def test_groups_hold_every_parameter_once_from_the_embeddings_to_the_head(folders):
    for kind in TEXTS:
        _, _, model, _ = opened(folders[kind], load=False)
        groups = model.layer_groups()
        assert len(groups) == 4  # embeddings, two blocks, head
        assert sorted(id(p) for g in groups for p in g) == sorted(id(p) for p in model.parameters())
        names = {id(p): n for n, p in model.named_parameters()}
        assert any("embed" in names[id(p)] or "wte" in names[id(p)] for p in groups[0])
        assert all(names[id(p)].startswith("head.") for p in groups[-1])


@pytest.mark.parametrize("kind", TEXTS)
def test_attention_maps_are_those_of_the_real_pass(folders, kind):
    _, _, model, batch = opened(folders[kind])
    model.eval()
    with torch.no_grad():
        before = model.forward_features(batch)
        maps = model.attention_maps(batch)
        assert torch.equal(model.forward_features(batch), before)
    batch_size, length = batch["tokens"].shape
    assert [m.shape for m in maps] == [(batch_size, 2, length, length)] * 2
    real = batch["tokens"] != 0
    for weights in maps:
        torch.testing.assert_close(weights.sum(dim=-1), torch.ones_like(weights[..., 0]))
        assert weights.masked_select(~real[:, None, None, :]).abs().max() < 1e-6  # nothing attends to padding


def test_padding_and_companions_do_not_matter_and_an_empty_text_is_zeros(folders):
    _, _, model, batch = opened(folders["roberta"])
    with torch.no_grad():
        alone = model.eval().forward_features({"tokens": batch["tokens"][:1]})
        padded = model.forward_features({"tokens": torch.nn.functional.pad(batch["tokens"], (0, 3))})
        empty = model.forward_features({"tokens": torch.zeros(2, 5, dtype=torch.long)})
    torch.testing.assert_close(alone[0], padded[0], atol=1e-5, rtol=1e-4)
    assert torch.equal(empty, torch.zeros(2, 16))


def test_poolings_are_the_first_the_last_and_the_mean_token(folders):
    _, _, _, batch = opened(folders["bert"])
    for pooling, place in (("cls", 0), ("last", -1)):
        _, _, model, _ = opened(folders["bert"], settings={"pooling": pooling})
        with torch.no_grad():
            tokens = model.eval().token_features(batch)[2][batch["tokens"][2] != 0]
            torch.testing.assert_close(model.forward_features(batch)[2], tokens[place])


def test_a_network_and_its_tokeniser_are_rebuilt_without_the_source(folders):
    _, encoder, model, batch = opened(folders["bert"])
    state = encoder.state()
    stored = State(json.loads(json.dumps(dict(state.config))), state.arrays)
    again = encoder_for(Modality.TEXT).from_state(stored)
    data = tiny(Modality.TEXT, n=16)
    assert torch.equal(again.encode(data).batch(np.arange(16))["tokens"], batch["tokens"])
    spec = InputSpec.from_dict(json.loads(json.dumps(encoder.spec.to_dict())))
    fresh = build("pretrained_text", spec, 3, {}, seed=7)
    fresh.load_state_dict(copy.deepcopy(model.state_dict()))
    with torch.no_grad():
        assert torch.equal(fresh.eval()(batch), model.eval()(batch))


def test_long_texts_are_cut_but_keep_their_last_special_token(folders):
    _, encoder, _, batch = opened(folders["bert"], encoding={"max_tokens": 5})
    assert encoder.spec.max_tokens == 5
    assert batch["tokens"].shape[1] == 5
    assert (batch["tokens"][:, -1] == VOCABULARY.index("[sep]") + 1).all()
    assert opened(folders["bert"])[1].spec.max_tokens == 24  # the model's positions
    assert opened(folders["roberta"])[1].spec.max_tokens == 23  # the first is behind the padding's
    with pytest.raises(ConfigError, match="one setting, 'max_tokens'; got 'vocab_size'"):
        opened(folders["bert"], encoding={"vocab_size": 9})


def test_weights_saved_under_a_head_of_another_task_are_found(folders, tmp_path):
    import transformers

    model = transformers.AutoModelForMaskedLM.from_pretrained(folders["bert"])
    model.save_pretrained(tmp_path)
    for name in ("tokenizer.json", "README.md"):
        (tmp_path / name).write_bytes((folders["bert"] / name).read_bytes())
    with torch.no_grad():
        features = [opened(f)[2].eval().forward_features(opened(f)[3]) for f in (folders["bert"], tmp_path)]
    assert torch.equal(*features)


def test_damaged_sources_are_refused_with_what_to_do(folders, tmp_path):
    import shutil

    def broken(name, change):
        folder = tmp_path / name
        shutil.copytree(folders["bert"], folder)
        change(folder)
        with pytest.raises(BackboneError) as caught:
            opened(folder)
        return str(caught.value)

    def only_a_pickle(folder):
        (folder / "model.safetensors").rename(folder / "pytorch_model.bin")

    def other_tokeniser(folder):
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps({**config, "vocab_size": 4}))

    def other_width(folder):
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps({**config, "intermediate_size": 48}))

    assert "only pytorch_model.bin, whose loading can run code" in broken("pickle", only_a_pickle)
    assert "no tokenizer.json" in broken("tokens", lambda f: (f / "tokenizer.json").unlink())
    assert "yields ids up to 14, but the model knows 4" in broken("ids", other_tokeniser)
    assert "is (32, 16) and must be (48, 16)" in broken("width", other_width)
    assert "encoder with a decoder" in broken(
        "t5", lambda f: (f / "config.json").write_text('{"model_type": "t5", "is_encoder_decoder": true}')
    )
    assert "not the configuration" in broken("json", lambda f: (f / "config.json").write_text("{"))


def test_without_a_backbone_the_network_says_what_it_needs():
    with pytest.raises(ConfigError, match=r"needs a pretrained text model: set Recipe\.backbone"):
        build("pretrained_text", InputSpec(modality=Modality.TEXT, vocab_size=9, max_tokens=9), 2, {}, seed=0)
