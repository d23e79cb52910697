"""From a pretrained body to a trained, stored and restored model."""

import importlib.util

import numpy as np
import pytest
import torch
from pretrained_sources import saved, target_of, tiny

from whet.data.kinds import Modality
from whet.models.pretrained.backbone import Finding
from whet.models.pretrained.extractor import Extractor
from whet.models.pretrained.minilm import PACKAGE
from whet.models.pretrained.opening import open_backbone
from whet.recipe import Length, Optimiser, Recipe, Regularisation, Transfer
from whet.stored_state import read_state, write_state
from whet.training.fit import fit
from whet.training.fitted import FitSetting
from whet.training.restore import restore

pytest.importorskip("transformers")
CASES = [
    ("bert", Modality.TEXT, "pretrained_text", {}),
    ("vit", Modality.IMAGE, "pretrained_image", {"side": 8}),
    ("wav2vec2", Modality.SERIES, "pretrained_series", {}),
]


@pytest.mark.parametrize(("kind", "modality", "architecture", "settings"), CASES)
@pytest.mark.parametrize("rank", [0, 2])
def test_fine_tuning_ends_in_a_model_that_is_restored_without_its_source(
    tmp_path, kind, modality, architecture, settings, rank
):
    import shutil

    source, data = saved(kind, tmp_path / "source"), tiny(modality)
    target = target_of(data)
    recipe = Recipe(
        architecture=architecture,
        settings=settings,
        backbone=str(source),
        transfer=Transfer(head_first=0.2, gradual=0.2, layer_decay=0.8, lora_rank=rank),
        optimiser=Optimiser(lr=3e-3),
        regularisation=Regularisation(ema=0.5),
        length=Length(epochs=2.0),
        batch_size=16,
    )
    training = fit(recipe, target, data, None, setting=FitSetting(num_threads=1))
    test = tiny(modality, n=20, seed=1)
    scores = training.fitted.scores(test)
    write_state(training.fitted.state(), tmp_path, "member")
    shutil.rmtree(source)
    again = restore(recipe, target, read_state(tmp_path, "member"))
    np.testing.assert_allclose(again.scores(test), scores, atol=1e-6)


def test_minilm_places_alike_sentences_near_each_other():
    if importlib.util.find_spec(PACKAGE) is None:
        pytest.skip("its package is not installed")
    from dataclasses import replace

    from whet.data.columns import TextColumn
    from whet.models.architecture import build

    texts = ["The film was wonderful.", "I loved this movie!", "Interest rates rose by two points."]
    content = [t.encode() for t in texts]
    column = TextColumn(
        np.frombuffer(b"".join(content), dtype=np.uint8), np.cumsum([0, *map(len, content)]), np.arange(3)
    )
    data = replace(tiny(Modality.TEXT, n=3), columns={"text": column})
    backbone = open_backbone("minilm", finding=Finding())
    encoder = backbone.encoder(data, {}, seed=0)
    model = build(backbone.architecture, encoder.spec, 2, backbone.settings, seed=0).eval()
    backbone.load_into(model)
    assert (backbone.about.dim, backbone.about.licence) == (384, "apache-2.0")
    vectors = torch.from_numpy(Extractor(encoder=encoder, model=model, normalise=True).vectors(data))
    near, far = float(vectors[0] @ vectors[1]), float(vectors[0] @ vectors[2])
    assert near > 0.5 > 0.3 > far
