"""The whole way: a folder that is whole, opens, starts trainings, and says what was learnt."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from whet.data.inputs import InputSpec
from whet.data.kinds import Modality
from whet.errors import ConfigError, RunError
from whet.models.architecture import build
from whet.models.pretrained.backbone import Finding
from whet.models.pretrained.opening import open_backbone
from whet.pretraining.asking import held_out
from whet.pretraining.choosing import choose_objectives
from whet.pretraining.plan import Plan
from whet.pretraining.pretrain import pretrain
from whet.pretraining.reading import Columns
from whet.recipe import Length, Recipe
from whet.tasks.classes import ClassTarget
from whet.testing.examples import tiny
from whet.training.fit import fit
from whet.training.fitted import FitSetting
from whet.training.interrupted import Interrupted

SETTING = FitSetting(num_threads=1)
SHORT = Plan(length=Length(epochs=1.0))
SUBJECTS, VERBS = ["the old ship", "a green lamp", "her stone road"], ["runs along", "waits beside", "sees"]


def texts(count=64):
    rng = np.random.default_rng(0)
    said = [f"{rng.choice(SUBJECTS)} {rng.choice(VERBS)} {rng.choice(SUBJECTS)} {i}" for i in range(count)]
    return pd.DataFrame({"said": said})


def pictures(count=48):
    """Bright above, dark below, so that there is an upright."""
    rng = np.random.default_rng(0)
    made = rng.integers(0, 60, (count, 8, 8, 3), dtype=np.uint8)
    made[:, :4] += 150
    return made, np.array(["a", "b"] * (count // 2))


def series(count=48):
    rng = np.random.default_rng(0)
    waves = np.sin(np.linspace(0, 9, 40) + rng.uniform(0, 6, (count, 2, 1))).astype(np.float32)
    return waves, np.array(["a", "b"] * (count // 2))


def small(name):
    return {"convnet": {"widths": [8, 16]}, "patch_tst": {"width": 16, "depth": 1}}.get(name, {"width": 16, "depth": 1})


SOURCES = {
    "masked-text": (texts, "text_transformer", "masked", "masked"),
    "masked-series": (series, "patch_tst", "masked", "masked"),
    "labelled-pictures": (pictures, "convnet", "auto", "supervised+rotation"),
    "unlabelled-pictures": (lambda: pictures()[0], "convnet", "auto", "contrastive+rotation"),
}


@pytest.fixture(scope="module", params=SOURCES)
def made(request, tmp_path_factory):
    source, name, wanted, objective = SOURCES[request.param]
    out = tmp_path_factory.mktemp("made") / "backbone"
    plan = replace(SHORT, objective=wanted, settings=small(name))
    said = []
    assert pretrain([source()], plan, out=out, setting=SETTING, say=said.append) == out
    return out, name, objective, said


def test_the_folder_is_whole_and_says_what_it_is(made):
    out, name, objective, said = made
    content = json.loads((out / "backbone.json").read_text())
    assert (content["architecture"], content["objective"]) == (name, objective)
    assert {p.name for p in out.iterdir()} == {
        "backbone.json", "encoder.json", "encoder.safetensors", "weights.safetensors", "README.md",
    }  # fmt: skip
    assert InputSpec.from_dict(content["spec"]).modality == content["modality"]
    assert all({"before", "after", "is_learnt"} == set(f) for f in content["figures"].values())
    assert set(said) >= set(content["lines"])
    assert [p for p in out.parent.iterdir() if p != out] == []


def test_the_backbone_opens_and_gives_the_features_it_was_written_with(made):
    out, name, _, _ = made
    body = open_backbone(str(out), finding=Finding())
    content = json.loads((out / "backbone.json").read_text())
    spec = InputSpec.from_dict(content["spec"])
    networks = [build(name, spec, 3, body.settings, seed=s).eval() for s in (1, 2)]
    for network in networks:
        body.load_into(network)
    kept = [{n: t for n, t in net.state_dict().items() if not n.startswith("head.")} for net in networks]
    assert all(torch.equal(kept[0][n], kept[1][n]) for n in kept[0])
    assert (
        sum(p.numel() for p in networks[0].parameters()) - sum(p.numel() for p in networks[0].head.parameters())
        == content["num_parameters"]
    )


def test_a_training_starts_from_it(made):
    out, name, _, _ = made
    body = open_backbone(str(out), finding=Finding())
    data = tiny(body.about.modality, n=24)
    recipe = Recipe(
        architecture=name, settings=body.settings, backbone=str(out), length=Length(epochs=1.0), batch_size=8
    )
    training = fit(recipe, ClassTarget.fit(data.target), data, None, setting=SETTING)
    assert training.fitted.scores(data).shape == (24, 3)


def test_equal_plans_give_equal_backbones(tmp_path):
    plan = replace(SHORT, objective="masked", settings=small("text_transformer"))
    digests = []
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        pretrain([texts()], replace(plan, seed=seed), out=tmp_path / name, setting=SETTING)
        digests.append(json.loads((tmp_path / name / "backbone.json").read_text())["digest"])
    assert digests[0] == digests[1] != digests[2]


def test_a_body_that_learns_says_so_and_one_that_does_not_says_that(tmp_path):
    plan = replace(SHORT, objective="rotation", settings=small("convnet"))
    upright, noise = pictures(200)[0], np.random.default_rng(0).integers(0, 255, (200, 8, 8, 3), dtype=np.uint8)
    found = {}
    for name, source, epochs in (("learnt", upright, 12.0), ("noise", noise, 1.0)):
        said = []
        pretrain([source], replace(plan, length=Length(epochs=epochs)), out=tmp_path / name, setting=SETTING,
                 say=said.append)  # fmt: skip
        figures = json.loads((tmp_path / name / "backbone.json").read_text())["figures"]
        found[name] = (figures["rotation"]["is_learnt"], any("nothing was learnt" in line for line in said))
    assert found == {"learnt": (True, False), "noise": (False, True)}


def test_stopped_it_leaves_nothing(tmp_path):
    with pytest.raises(Interrupted, match="no backbone was written"):
        pretrain([texts()], SHORT, out=tmp_path / "b", setting=replace(SETTING, should_stop=lambda: True))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_holds_something_is_refused_before_anything_is_read(tmp_path):
    (tmp_path / "kept.txt").write_text("mine")
    with pytest.raises(RunError, match=r"is not empty; nothing was written"):
        pretrain(["no such source"], SHORT, out=tmp_path)
    assert (tmp_path / "kept.txt").read_text() == "mine"


def test_objectives_follow_the_examples_and_unknown_ones_are_named():
    labelled = tiny(Modality.IMAGE)
    assert choose_objectives("auto", labelled) == ("supervised", "rotation")
    assert choose_objectives("auto", replace(labelled, target=None)) == ("contrastive", "rotation")
    assert choose_objectives("auto", replace(tiny(Modality.TEXT), target=None)) == ("masked",)
    assert choose_objectives("masked+supervised", tiny(Modality.SERIES)) == ("masked", "supervised")
    with pytest.raises(ConfigError, match="name the column with --target"):
        choose_objectives("auto", replace(tiny(Modality.TABLE), target=None))
    with pytest.raises(ConfigError, match=r"no objective 'mask' for text examples. Did you mean 'masked'"):
        choose_objectives("mask", tiny(Modality.TEXT))
    with pytest.raises(ConfigError, match="no objective 'rotation' for table"):
        choose_objectives("rotation", tiny(Modality.TABLE))


def test_an_architecture_of_another_kind_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="convnet reads image examples; these are text"):
        pretrain([texts()], replace(SHORT, architecture="convnet"), out=tmp_path / "b")
    with pytest.raises(ConfigError, match="built around a pretrained body already"):
        pretrain([texts()], replace(SHORT, architecture="pretrained_text"), out=tmp_path / "b")


def test_a_table_is_learnt_from_its_target(tmp_path):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.normal(size=64), "b": rng.normal(size=64)})
    frame["y"] = frame["a"] - frame["b"] + 0.01
    plan = replace(SHORT, columns=Columns(target="y"))
    pretrain([frame], plan, out=tmp_path / "b", setting=SETTING)
    content = json.loads((tmp_path / "b" / "backbone.json").read_text())
    assert (content["architecture"], content["objective"]) == ("mlp", "supervised")


def test_held_out_examples_are_never_learnt_from():
    learning, asked = held_out(1000, seed=3)
    assert sorted([*learning, *asked]) == list(range(1000))
    assert [len(held_out(n, seed=0)[1]) for n in (8, 100, 1000, 100_000)] == [2, 25, 50, 2000]
