"""Frozen extractors in ONNX files that the test itself writes."""

import copy

import numpy as np
import pytest
import torch
from pretrained_sources import target_of, tiny

from whet.data.kinds import Modality
from whet.errors import BackboneError, ConfigError
from whet.models.architecture import build
from whet.models.estimators.estimator import estimators
from whet.models.pretrained.backbone import Finding
from whet.models.pretrained.onnx_count import count_weights
from whet.models.pretrained.opening import open_backbone
from whet.stored_state import read_state, write_state

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
FILTERS = np.random.default_rng(0).normal(size=(5, 3, 3, 3)).astype(np.float32)


def graph(path, shape, *, kind="Conv", weights=FILTERS, element=1, extra=()):
    """One layer and a rectifier."""
    from onnx import helper, numpy_helper

    if kind == "Conv":
        layer = helper.make_node("Conv", ["x", "w"], ["h"], pads=[1] * (2 * (weights.ndim - 2)))
    else:  # channels last: a matrix over them
        layer = helper.make_node("MatMul", ["x", "w"], ["h"])
    nodes = [layer, helper.make_node("Relu", ["h"], ["y"])]
    inputs = [helper.make_tensor_value_info(n, element, shape) for n in ("x", *extra)]
    outputs = [helper.make_tensor_value_info("y", 1, None)]
    made = helper.make_graph(nodes, "g", inputs, outputs, [numpy_helper.from_array(weights, "w")])
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path.write_bytes(model.SerializeToString())
    return f"onnx:{path}"


def opened(source, modality=Modality.IMAGE, **settings):
    backbone = open_backbone(source, finding=Finding())
    data = tiny(modality, n=16)
    encoder = backbone.encoder(data, {}, seed=0)
    model = build(backbone.architecture, encoder.spec, 3, settings, seed=0)
    backbone.load_into(model)
    return backbone, encoder, model.eval(), encoder.encode(data).batch(np.arange(16))


@pytest.mark.parametrize("batch_axis", ["batch", 1])
def test_pictures_give_the_features_of_the_same_layer_in_pytorch(tmp_path, batch_axis):
    backbone, _, model, batch = opened(graph(tmp_path / "n.onnx", [batch_axis, 3, "h", "w"]), side=12)
    assert (backbone.about.dim, backbone.about.num_parameters, backbone.about.can_train) == (5, 135, False)
    wanted = torch.relu(torch.nn.functional.conv2d(batch["image"], torch.from_numpy(FILTERS), padding=1))
    torch.testing.assert_close(model.forward_features(batch), wanted.mean(dim=(2, 3)), atol=1e-4, rtol=1e-4)
    assert [p.numel() for p in model.parameters()] == [15, 3]  # the head alone can move


def test_channels_last_and_series_are_understood(tmp_path):
    matrix = FILTERS[:3, :, 0, 0].copy()
    source = graph(tmp_path / "last.onnx", ["batch", 12, 12, 3], kind="MatMul", weights=matrix)
    backbone, _, model, batch = opened(source)
    wanted = torch.relu(batch["image"].movedim(1, -1) @ torch.from_numpy(matrix))
    torch.testing.assert_close(model.forward_features(batch), wanted.mean(dim=(1, 2)), atol=1e-4, rtol=1e-4)
    filters = FILTERS[:4, :2, :, 0].copy()
    source = graph(tmp_path / "series.onnx", ["batch", 2, 20], weights=filters)
    backbone, _, model, batch = opened(source, Modality.SERIES)
    assert backbone.about.modality == Modality.SERIES
    assert model.forward_features(batch).shape == (16, backbone.about.dim)


def test_a_stored_estimator_needs_no_file_any_more(tmp_path):
    source, data = graph(tmp_path / "n.onnx", ["batch", 3, 12, 12]), tiny(Modality.IMAGE, n=48)
    cls, target = estimators["frozen_features"], target_of(data)
    estimator = cls.fit(data, target, {"backbone": source}, valid=None, seed=0, seconds=None, num_threads=1)
    write_state(estimator.state(), tmp_path, "member")
    (tmp_path / "n.onnx").unlink()
    test = tiny(Modality.IMAGE, n=30, seed=1)
    again = cls.from_state(read_state(tmp_path, "member"))
    assert np.array_equal(again.scores(test), estimator.scores(tiny(Modality.IMAGE, n=30, seed=1)))


def test_weights_loaded_later_and_copies_give_the_same(tmp_path):
    _, encoder, model, batch = opened(graph(tmp_path / "n.onnx", ["batch", 3, 12, 12]))
    before = model(batch)
    fresh = build("pretrained_image", encoder.spec, 3, {}, seed=4)
    fresh.load_state_dict(model.state_dict())
    for other in (fresh.eval(), copy.deepcopy(model)):
        assert torch.equal(other(batch), before)
    with pytest.raises(ConfigError, match=r"side must be 12 for this body, which reads no other size; got 8"):
        build("pretrained_image", encoder.spec, 3, {"side": 8}, seed=0)


@pytest.mark.parametrize(
    ("shape", "changes", "message"),
    [
        (["batch", "length"], {"element": 7}, r"inputs x tensor\(int64\).*Token ids and tables are not"),
        (["batch", 3, 12, 12], {"extra": ("z",)}, r"has the inputs x .*, z .*one float input is supported"),
        ([8, 3, 12, 12], {}, "batches of exactly 8 examples"),
        (["batch", "c", "h", "w"], {}, "a fixed number of channels"),
        (["batch", 3, 12, 24], {}, "a square are needed"),
    ],
)
def test_inputs_that_cannot_be_given_are_named(tmp_path, shape, changes, message):
    if changes.get("element") == 7:
        path = tmp_path / "ids.onnx"
        helper = onnx.helper
        nodes = [helper.make_node("Cast", ["x"], ["y"], to=1)]
        values = [helper.make_tensor_value_info(n, e, shape) for n, e in (("x", 7), ("y", 1))]
        made = helper.make_graph(nodes, "g", values[:1], values[1:])
        model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        path.write_bytes(model.SerializeToString())
        source = f"onnx:{path}"
    else:
        source = graph(tmp_path / "n.onnx", shape, **changes)
    with pytest.raises(BackboneError, match=message):
        open_backbone(source, finding=Finding())


def test_damaged_files_and_other_channels_are_refused(tmp_path):
    (tmp_path / "bad.onnx").write_bytes(b"not a graph")
    with pytest.raises(BackboneError, match="cannot be opened"):
        open_backbone(f"onnx:{tmp_path / 'bad.onnx'}", finding=Finding())
    with pytest.raises(BackboneError, match="no such file"):
        open_backbone(f"onnx:{tmp_path / 'none.onnx'}", finding=Finding())
    source = graph(tmp_path / "series.onnx", ["batch", 3, 20], weights=FILTERS[:, :, :, 0].copy())
    with pytest.raises(BackboneError, match="reads series of 3 channels, but made in the test has 2"):
        opened(source, Modality.SERIES)


def test_weights_are_counted_as_the_library_counts_them(tmp_path):
    graph(tmp_path / "n.onnx", ["batch", 3, 12, 12])
    content = (tmp_path / "n.onnx").read_bytes()
    model = onnx.load_from_string(content)
    assert count_weights(content) == sum(int(np.prod(t.dims)) for t in model.graph.initializer)
