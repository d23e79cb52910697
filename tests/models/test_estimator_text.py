from __future__ import annotations

import json

import numpy as np
import pytest

import whet.models.estimators.chargram_linear
import whet.models.estimators.nb_linear
import whet.models.estimators.tfidf_linear  # noqa: F401
from whet.data.columns import TextColumn
from whet.data.dataset import Dataset
from whet.data.kinds import Kind, Modality
from whet.data.schema import Column, Schema
from whet.errors import ConfigError, LabelError, TrainingFailedError
from whet.models.estimators.estimator import estimators
from whet.models.estimators.one_vs_rest import _bayes_ratio
from whet.models.estimators.text_features import CharacterBlock, TextFeatures, WordBlock
from whet.state import State
from whet.tasks.classes import ClassTarget
from whet.tasks.number import NumberTarget

NAMES = ["chargram_linear", "nb_linear", "tfidf_linear"]
FOR_NUMBERS = ["chargram_linear", "tfidf_linear"]
TOPICS = {"food": "soup bread cheese", "sport": "ball goal team", "music": "song drum choir"}


def dataset(texts, target=None):
    raw = [t.encode() for t in texts]
    offsets = np.cumsum([0, *map(len, raw)]).astype(np.int64)
    return Dataset(
        schema=Schema(modality=Modality.TEXT, features=(Column(name="text", kind=Kind.TEXT),)),
        columns={"text": TextColumn(np.frombuffer(b"".join(raw), np.uint8), offsets, np.arange(len(raw)))},
        target=target,
        rows=np.arange(len(raw)),
        fingerprint="tiny",
        origin="tiny",
    )


def topics(n=90, classes=3, seed=0):
    rng = np.random.default_rng(seed)
    names = sorted(TOPICS)[:classes]
    labels = np.array([names[i % classes] for i in range(n)], dtype=object)
    filler = ["the", "a", "of", "and", "we", "saw", "it"]
    texts = [" ".join([*rng.choice(filler, 5), *rng.choice(TOPICS[label].split(), 2)]) for label in labels]
    return dataset(texts, labels)


def lengths(n=90):
    rng = np.random.default_rng(0)
    counts = rng.integers(0, 6, n)
    return dataset([" ".join(["good"] * c + ["bad"] * (5 - c)) for c in counts], counts.astype(np.float64))


def fit(name, data, target, settings=None, **given):
    options = {"valid": None, "seed": 0, "seconds": None, "num_threads": 1, **given}
    return estimators[name].fit(data, target, settings or {}, **options)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("classes", [2, 3])
def test_it_learns_topics_and_its_rows_are_probabilities(name, classes):
    train, fresh = topics(classes=classes), topics(classes=classes, seed=1)
    target = ClassTarget.fit(train.target)
    scores = fit(name, train, target).scores(fresh)
    assert scores.shape == (90, classes)
    assert scores.dtype == np.float64
    assert np.allclose(scores.sum(axis=1), 1.0)
    assert (target.decode(scores) == fresh.target).all()


@pytest.mark.parametrize("name", NAMES)
def test_a_restored_estimator_scores_bit_for_bit_alike(name):
    train = topics()
    model = fit(name, train, ClassTarget.fit(train.target))
    state = model.state()
    through_json = State(json.loads(json.dumps(state.config)), state.arrays)
    assert np.array_equal(estimators[name].from_state(through_json).scores(train), model.scores(train))


@pytest.mark.parametrize("name", FOR_NUMBERS)
def test_a_number_is_predicted_in_its_own_units_and_survives_the_round_trip(name):
    train = lengths()
    model = fit(name, train, NumberTarget.fit(train.target))
    scores = model.scores(train)
    assert scores.shape == (90, 1)
    assert np.corrcoef(scores[:, 0], train.target)[0, 1] > 0.95
    assert np.array_equal(estimators[name].from_state(model.state()).scores(train), scores)


@pytest.mark.parametrize("name", NAMES)
def test_row_order_and_companions_do_not_change_scores(name):
    train = topics()
    model, order = fit(name, train, ClassTarget.fit(train.target)), np.array([5, 80, 2])
    assert np.array_equal(model.scores(train)[order], model.scores(train.take(order)))


@pytest.mark.parametrize("name", NAMES)
def test_fitting_twice_with_one_seed_gives_equal_weights(name):
    train = topics()
    one, two = (fit(name, train, ClassTarget.fit(train.target)).state().arrays for _ in range(2))
    assert all(np.array_equal(one[k], two[k]) for k in one)


@pytest.mark.parametrize("name", NAMES)
def test_renaming_classes_permutes_the_scores(name):
    train = topics()
    scores = fit(name, train, ClassTarget(("food", "music", "sport"))).scores(train)
    turned = fit(name, train, ClassTarget(("sport", "food", "music"))).scores(train)
    assert np.allclose(turned, scores[:, [2, 0, 1]], atol=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_empty_texts_and_an_absent_class_are_no_trouble(name):
    train = dataset(["", "good", "bad", ""], np.array(["a", "a", "b", "b"], dtype=object))
    scores = fit(name, train, ClassTarget(("a", "b", "never"))).scores(dataset(["", "unseen words"]))
    assert np.isfinite(scores).all()
    assert (scores.argmax(axis=1) != 2).all()
    assert fit(name, train, ClassTarget(("a", "b"))).scores(dataset([])).shape == (0, 2)


@pytest.mark.parametrize("name", NAMES)
def test_settings_are_checked_together(name):
    train = topics(9)
    with pytest.raises(ConfigError, match=r"C must be a positive number; got 0") as caught:
        fit(name, train, ClassTarget.fit(train.target), {"C": 0, "word_ngram": 2})
    assert "Did you mean 'word_ngrams'?" in str(caught.value)


def test_a_dataset_without_target_cannot_be_fitted():
    with pytest.raises(LabelError, match="tiny has no target"):
        fit("tfidf_linear", dataset(["a"]), ClassTarget(("a", "b")))


def test_what_cannot_end_in_time_fails_at_once_and_says_so():
    train = topics(2000)
    with pytest.raises(TrainingFailedError, match="needs about") as caught:
        fit("chargram_linear", train, ClassTarget.fit(train.target), seconds=1e-3)
    assert caught.value.cause == "out of time"


def test_the_bayes_ratio_equals_the_textbook_loop():
    matrix = TextFeatures.fit(["a b", "a", "b b", "c"], WordBlock(longest=1)).matrix(["a b", "a", "b b", "c"])
    inside, dense = np.array([True, True, False, False]), matrix.toarray()
    p = [1 + sum(dense[i, f] for i in (0, 1)) for f in range(dense.shape[1])]
    q = [1 + sum(dense[i, f] for i in (2, 3)) for f in range(dense.shape[1])]
    textbook = [np.log((p[f] / sum(p)) / (q[f] / sum(q))) for f in range(len(p))]
    assert np.allclose(_bayes_ratio(matrix, inside, 1.0), textbook)


def test_characters_are_cut_and_case_is_dropped():
    features = TextFeatures.fit(["AB", "ab"], WordBlock(), CharacterBlock(max_characters=2))
    one, two = features.matrix(["ab"]).toarray(), features.matrix(["AB"]).toarray()
    assert np.array_equal(one, two)
    assert features.matrix(["abxyz"]).toarray()[0, -1] == one[0, -1]
