"""The linear model on features of a body that is not trained."""

from dataclasses import replace

import numpy as np
import pytest
from pretrained_sources import saved, target_of, tiny

from whet.data.derived import Derived
from whet.data.kinds import Modality
from whet.errors import BackboneError, ConfigError, TrainingFailedError
from whet.models.estimators.estimator import estimators
from whet.models.estimators.frozen_body import FrozenBody
from whet.models.estimators.frozen_head import fit_number
from whet.models.pretrained import extractor as extractor_module
from whet.models.pretrained.extractor import Extractor, Pace
from whet.stored_state import read_state, write_state

pytest.importorskip("transformers")
CASES = [("bert", Modality.TEXT), ("resnet", Modality.IMAGE), ("wav2vec2", Modality.SERIES)]
FROZEN = estimators["frozen_features"]


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    return {kind: saved(kind, tmp_path_factory.mktemp(kind)) for kind, _ in CASES}


def fitted(folder, data, *, seconds=None, seed=0, **settings):
    target = target_of(data)
    settings = {"backbone": str(folder), **settings}
    return FROZEN.fit(data, target, settings, valid=None, seed=seed, seconds=seconds, num_threads=1)


def unseen(modality, kind="classes", n=30):
    return tiny(modality, kind, n=n, seed=1)


@pytest.mark.parametrize(("kind", "modality"), CASES)
def test_it_learns_and_is_stored_and_restored_without_its_source(folders, tmp_path, kind, modality):
    import shutil

    folder = shutil.copytree(folders[kind], tmp_path / "source")
    for number, data in enumerate((tiny(modality, n=90), tiny(modality, "number", n=90))):
        estimator, test = fitted(folder, data), unseen(modality, "number" if number else "classes")
        scores = estimator.scores(test)
        assert np.isfinite(scores).all()
        if not number:
            np.testing.assert_allclose(scores.sum(axis=1), 1.0, atol=1e-6)
            assert (target_of(data).encode(test.target) == scores.argmax(axis=1)).mean() > 0.4
        write_state(estimator.state(), tmp_path, f"member-{number}")
    assert len(list(tmp_path.glob("shared-*.safetensors"))) == 2  # body and preprocessing, once for both
    shutil.rmtree(folder)
    again = FROZEN.from_state(read_state(tmp_path, "member-1"))
    assert np.array_equal(again.scores(replace(test, derived=Derived())), scores)


def test_features_are_computed_once_per_row_whatever_the_view(folders, monkeypatch):
    seen = []
    whole = Extractor.vectors

    def counted(self, dataset, *, pace=None):
        seen.extend(dataset.rows.tolist())
        return whole(self, dataset, pace=pace)

    monkeypatch.setattr(Extractor, "vectors", counted)
    data = tiny(Modality.TEXT, n=48)
    for fold in range(3):
        part = data.take(np.flatnonzero(np.arange(48) % 3 != fold))
        fitted(folders["bert"], part, seed=fold).scores(data)
    assert sorted(seen) == list(range(48))
    fitted(folders["bert"], data, body={"pooling": "cls"})
    assert len(seen) == 96  # another pooling is another vector


def test_a_body_is_opened_only_when_features_are_missing(folders, monkeypatch):
    data = tiny(Modality.TEXT, n=48)
    fitted(folders["bert"], data)
    monkeypatch.setattr(FrozenBody, "_model", property(lambda self: pytest.fail("the body was built")))
    estimator = fitted(folders["bert"], data)
    estimator.scores(data)
    assert estimator.state().arrays


def test_hopeless_limits_are_given_up_with_the_figures(folders, monkeypatch):
    clock = iter(np.arange(0, 1000, 2.0))
    monkeypatch.setattr(extractor_module.time, "monotonic", lambda: float(next(clock)))
    pace = Pace(100, 10.0)
    with pytest.raises(TrainingFailedError, match=r"would take 20 s of 10 s\. Give more time") as caught:
        pace.check(1.0, 10)
    assert caught.value.cause == "would take 20 s of 10 s"
    patient = Pace(100, 100.0)
    for _ in range(10):
        patient.check(1.0, 10)


def test_scores_follow_their_rows_and_lengths_do_not_matter(folders):
    data, test = tiny(Modality.TEXT), unseen(Modality.TEXT)
    estimator = fitted(folders["bert"], data)
    order = np.random.default_rng(0).permutation(30)[:17]
    alone = estimator.scores(replace(test.take(order), derived=Derived()))
    np.testing.assert_allclose(alone, estimator.scores(test)[order], atol=1e-5)


def test_heads_and_low_precision_agree_with_the_plain_ones(folders):
    data, test = tiny(Modality.TEXT, n=90), unseen(Modality.TEXT)
    plain = fitted(folders["bert"], data).scores(test)
    low = fitted(folders["bert"], data, precision="bfloat16").scores(test)
    assert 0 < np.abs(low - plain).max() < 0.2
    ridge = fitted(folders["bert"], data, head="ridge").scores(test)
    assert (ridge.argmax(axis=1) == plain.argmax(axis=1)).mean() > 0.7


def test_ridge_on_many_examples_finds_a_linear_law():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(3000, 5)).astype(np.float32)
    y = 100 + 7 * x[:, 0] - 3 * x[:, 1] + 0.1 * rng.normal(size=3000)
    head = fit_number(x, y, rng=rng, seconds=None)
    np.testing.assert_allclose(head.scores(x[:9])[:, 0], y[:9], atol=0.6)


def test_wrong_settings_and_wrong_sources_are_refused(folders):
    data = tiny(Modality.TEXT)
    with pytest.raises(ConfigError, match=r"frozen_features\.backbone must be a pretrained source"):
        FROZEN.fit(data, target_of(data), {}, valid=None, seed=0, seconds=None, num_threads=1)
    with pytest.raises(ConfigError, match=r"has no setting 'hed'\. Did you mean 'head'"):
        fitted(folders["bert"], data, hed="ridge")
    with pytest.raises(BackboneError, match=r"reads image examples; these are text\. Choose a backbone"):
        fitted(folders["resnet"], data)
