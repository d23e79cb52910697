"""Backbones that Whet itself wrote: read back, checked, and put into a fresh network."""

import hashlib
import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from pretrained_sources import tiny

from whet.data.columns import ImageColumn
from whet.data.encoders.encoder import encoder_for
from whet.data.kinds import Modality
from whet.errors import BackboneError
from whet.files import write_arrays, write_json
from whet.models.architecture import build
from whet.models.pretrained.backbone import Finding
from whet.models.pretrained.opening import open_backbone
from whet.stored_state import write_state

SETTINGS = {
    "text_transformer": {"width": 16, "heads": 2, "depth": 1},
    "convnet": {"widths": [8, 8]},
    "inception_time": {"depth": 1, "filters": 2},
}
CASES = [("text_transformer", Modality.TEXT), ("convnet", Modality.IMAGE), ("inception_time", Modality.SERIES)]


def written(folder, architecture, modality):
    """As ``whet pretrain`` writes it; the network too."""
    data, settings = tiny(modality), SETTINGS[architecture]
    encoder = encoder_for(modality).fit(data, {}, seed=0)
    model = build(architecture, encoder.spec, 5, settings, seed=3)
    write_state(encoder.state(), folder, "encoder")
    weights = {n: t.numpy() for n, t in model.state_dict().items() if not n.startswith("head.")}
    write_arrays(folder / "weights.safetensors", weights)
    files = [(folder / n).read_bytes() for n in ("encoder.json", "encoder.safetensors", "weights.safetensors")]
    canonical = json.dumps(settings, sort_keys=True, separators=(",", ":")).encode()
    content = {
        "format": 1,
        "architecture": architecture,
        "settings": settings,
        "modality": str(modality),
        "objective": "masked",
        "digest": hashlib.sha256(b"".join([*files, canonical])).hexdigest(),
        "licence": "yours",
        "title": "a test",
        "num_parameters": sum(a.size for a in weights.values()),
        "dim": 8,
        "spec": encoder.spec.to_dict(),
        "data": {},
    }
    write_json(folder / "backbone.json", content)
    return encoder, model


def started(folder, data, *, outputs=3):
    backbone = open_backbone(str(folder), finding=Finding(cache=folder))
    encoder = backbone.encoder(data, {}, seed=0)
    model = build(backbone.architecture, encoder.spec, outputs, backbone.settings, seed=9)
    head = model.head.state_dict()
    head = {n: t.clone() for n, t in head.items()}
    backbone.load_into(model)
    assert all(torch.equal(t, head[n]) for n, t in model.head.state_dict().items())
    return backbone, encoder, model


@pytest.mark.parametrize(("architecture", "modality"), CASES)
def test_the_body_gives_the_features_it_gave_when_it_was_written(tmp_path, architecture, modality):
    encoder, model = written(tmp_path, architecture, modality)
    backbone, again, started_model = started(tmp_path, tiny(modality))
    assert backbone.about.licence == "yours"
    assert backbone.about.num_parameters == sum(p.numel() for n, p in model.named_parameters() if n[:5] != "head.") or (
        architecture != "text_transformer"  # others also store statistics
    )
    index = np.arange(8)
    batches = [e.encode(tiny(modality)).batch(index) for e in (encoder, again)]
    with torch.no_grad():
        features = [m.eval().forward_features(b) for m, b in zip((model, started_model), batches)]
    assert torch.equal(*features)


def test_pictures_of_another_size_and_column_are_read(tmp_path):
    written(tmp_path, "convnet", Modality.IMAGE)
    data = tiny(Modality.IMAGE)
    column = data.columns["image"]
    wide = ImageColumn(np.repeat(column.pixels, 2, axis=2), column.rows)
    schema = replace(data.schema, features=tuple(replace(c, name="photo") for c in data.schema.features))
    other = replace(data, schema=schema, columns={"photo": wide})
    _, encoder, model = started(tmp_path, other)
    assert model.eval()(encoder.encode(other).batch(np.arange(4))).shape == (4, 3)
    grey = replace(data, columns={"image": ImageColumn(column.pixels[..., :1], column.rows)})
    with pytest.raises(BackboneError, match=r"pretrained on examples with 3 channels, but made in the test has 1"):
        started(tmp_path, grey)


@pytest.mark.parametrize("name", ["encoder.json", "encoder.safetensors", "weights.safetensors", "backbone.json"])
def test_altered_and_missing_files_are_refused(tmp_path, name):
    written(tmp_path, "text_transformer", Modality.TEXT)
    path = tmp_path / name
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b'"heads": 2', b'"heads": 4') if name == "backbone.json" else whole + b" ")
    with pytest.raises(BackboneError, match="was altered after it was written"):
        started(tmp_path, tiny(Modality.TEXT))
    path.write_bytes(whole)
    started(tmp_path, tiny(Modality.TEXT))
    path.unlink()
    with pytest.raises(BackboneError, match=r"is incomplete|neither backbone\.json"):
        started(tmp_path, tiny(Modality.TEXT))


def test_weights_of_another_shape_and_settings_of_the_encoder_are_refused(tmp_path):
    written(tmp_path, "text_transformer", Modality.TEXT)
    data = tiny(Modality.TEXT)
    backbone, encoder, _ = started(tmp_path, data)
    wider = build("text_transformer", encoder.spec, 3, {**SETTINGS["text_transformer"], "width": 24}, seed=0)
    with pytest.raises(BackboneError, match=r"do not fit: embed\.weight is \(.*, 16\) and must be \(.*, 24\)"):
        backbone.load_into(wider)
    with pytest.raises(BackboneError, match="brings its own preprocessing"):
        backbone.encoder(data, {"max_tokens": 9}, seed=0)
