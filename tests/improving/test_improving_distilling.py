"""A fast model taught by the ensemble, and the choice under limits, on one small session without a search."""

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import whet
from whet.bundle.load import load_model
from whet.bundle.save import save
from whet.ensembling.way import ways
from whet.evaluation.blend import Blend
from whet.improving import selecting
from whet.improving.candidate import measured, one_part
from whet.improving.clock import Clock
from whet.improving.costs import folder_bytes
from whet.improving.deadline import OutOfTime
from whet.improving.delivering import deliver
from whet.improving.distilling import distil, distilling_seconds
from whet.improving.folder import RunFolder
from whet.improving.handover import alone, pooled
from whet.improving.limiting import limited
from whet.improving.observer import Observer
from whet.improving.opening import new_session
from whet.improving.options import Options
from whet.improving.prepare import prepare
from whet.improving.selecting import Selected
from whet.improving.souping import groups, soup_of
from whet.improving.teaching import student_recipe, taught_part, teaching_repeat
from whet.improving.testing import open_test
from whet.improving.trials import Weighted
from whet.ledger.records import Ledger
from whet.recipe import Length, Recipe, Regularisation


class Ear(Observer):
    def __init__(self):
        self.said = []

    def say(self, message):
        self.said.append(message)


def network(width, **changes):
    return Recipe(
        architecture="resnet_mlp",
        settings={"width": width, "depth": 1},
        length=Length(epochs=2),
        batch_size=32,
        regularisation=Regularisation(label_smoothing=0.1, mixup=0.0),
        **changes,
    )


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    folder = tmp_path_factory.mktemp("distilling")
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 150))
    answer = np.where(a * b + a + 0.3 * rng.normal(size=150) > 0, "yes", "no")
    pd.DataFrame({"a": a, "b": b, "answer": answer}).to_csv(folder / "train.csv", index=False)
    options = Options(target="answer", budget_s=None, epochs=2)
    run = RunFolder.create(
        folder / "run", source=str(folder / "train.csv"), resumable=True, options=options, command="test"
    )
    ledger, clock, ear = Ledger(run.ledger), Clock(None), Ear()
    prepared = prepare(folder / "train.csv", options, run, ledger, clock, say=ear.say)
    session = new_session(prepared, options, run, ledger, clock, ear, lambda: False)
    for number, width in enumerate((8, 16, 24)):
        session.run(network(width), title=f"width {width}", repeat=number == 2)
    session.baseline = session.pool[0]
    yield session
    ledger.close()


@pytest.fixture(scope="module")
def handover(session):
    return pooled([Weighted(trial=t, weight=1 / 3) for t in session.pool], Blend(weights=()))


@pytest.fixture(scope="module")
def fast(session, handover):
    found = distil(session, handover, seconds=1e9)
    assert found is not None, session.observer.said
    return found


def test_teachers_of_a_part_were_trained_on_its_very_examples(session, handover):
    repeat = teaching_repeat(session, handover)
    assert repeat == 0  # two of the three members were trained on that partition
    told = taught_part(session, handover, repeat=0, number=1)
    train, valid = session.arena.parts_of(0)[1]
    assert not set(train) & set(valid)
    part, num = session.prepared.data.take(train), len(train)
    assert np.array_equal(told.columns["a"].values[:num], part.columns["a"].values)  # then invented rows
    assert np.array_equal(told.target[:num], part.target)
    both = [session.trials.fitted(t)[1].scores(told) for t in session.pool[:2]]
    assert len(told) > num
    assert np.allclose(told.taught, np.mean(both, axis=0))


def test_the_student_hears_the_teacher_undistorted(session):
    found = student_recipe(replace(session.pool[0], recipe=replace(network(8), test_time_augmentation=True)))
    assert found.distillation.weight > 0
    assert found.regularisation.label_smoothing == 0
    assert found.length.epochs > session.pool[0].recipe.length.epochs
    assert not found.test_time_augmentation


def test_the_fast_model_is_one_network_and_faster(session, fast):
    assert len(fast.model.members) == 1
    assert fast.costs.latency_ms[1] < fast.teacher_costs.latency_ms[1]
    assert fast.costs.size_bytes < fast.teacher_costs.size_bytes
    rows = [r for r in session.book.ledger.rows() if r["stage"] == "distil"]
    assert rows[0]["verdict"] == "measured"
    assert rows[0]["after"] == pytest.approx(fast.trial.score)


def test_a_single_model_has_no_stand_in_and_no_means_no(session, handover):
    assert distil(session, alone(session.pool[0]), seconds=1e9) is None
    before = session.options
    session.options = replace(before, fast_model=False)
    assert distil(session, handover, seconds=1e9) is None
    assert distilling_seconds(session, 100.0) == 0.0
    session.options = before


def test_the_ensemble_is_kept_where_time_ends_beside_it(session, monkeypatch):
    def endless(*given, **settings):
        raise OutOfTime

    monkeypatch.setattr(selecting, "distil", endless)
    found = selecting.select(session, distilling_s=10.0)
    assert len(found.handover.members) >= 1
    assert found.fast is None
    assert "the ensemble is handed over alone" in session.observer.said[-1]
    before = session.options
    session.options = replace(before, max_size_bytes=1)
    with pytest.raises(OutOfTime):  # nobody knows whether it keeps the limits
        selecting.select(session, distilling_s=10.0)
    session.options = before


def test_time_is_kept_free_where_there_is_a_budget_for_it(session):
    before, clock = session.options, session.clock
    session.clock = Clock(300.0)
    asked = replace(before, fast_model=True)
    assert 0 < distilling_seconds(session, 200.0) < 0.1 * 200
    session.options = asked
    assert distilling_seconds(session, 200.0) > 0.1 * 200
    session.options, session.clock = before, clock


def test_no_limit_keeps_the_ensemble_or_better(session, handover):
    session.options = replace(session.options, max_size_bytes=10**9)
    _, seen = limited(session, handover)
    assert seen[-1].fits
    assert seen[-1].score >= measured(session, handover).score
    session.options = replace(session.options, max_size_bytes=None)


@pytest.mark.parametrize("room", [0.9, 0.35])
def test_the_best_candidate_within_the_size_is_chosen(session, handover, room):
    most = int(room * measured(session, handover).costs.size_bytes)
    session.options = replace(session.options, max_size_bytes=most)
    chosen, seen = limited(session, handover)
    model = session.model_of(chosen.members, chosen.blend)
    assert measured(session, chosen).costs.size_bytes <= most
    assert seen[-1].fits
    assert len(model.members) < 3 * session.arena.num_parts
    session.options = replace(session.options, max_size_bytes=None)


def test_where_nothing_fits_the_smallest_is_handed_over_with_one_message(session, handover):
    session.options = replace(session.options, max_size_bytes=100)
    session.observer.said.clear()
    chosen, seen = limited(session, handover)
    session.options = replace(session.options, max_size_bytes=None)
    (message,) = session.observer.said
    assert "--max-size" in message
    assert len(chosen.members) == 1
    assert chosen.members[0].num_parts == 1
    assert not seen[-1].fits


def test_one_part_is_one_model(session, handover):
    one = one_part(handover)
    assert len(session.model_of(one.members, one.blend).members) == len(handover.members)


def test_a_soup_is_a_trial_of_averaged_weights_and_is_stored(session):
    first = session.run(replace(network(8), augment=()), title="one", repeat=0)
    second = session.run(replace(network(8), regularisation=Regularisation(weight_decay=1e-4)), title="two", repeat=0)
    soup = soup_of(session, [first, second], seconds=60.0)
    if soup is None:  # the check against validation examples has refused it
        return
    assert soup.ingredients == 2
    assert soup.score >= max(first.score, second.score)
    parts = [[p.state().arrays for p in session.trials.fitted(t)] for t in (first, second, soup)]
    for one, two, both in zip(*parts, strict=True):
        name = next(n for n in both if n.startswith("model.") and n.endswith("weight"))
        assert np.allclose(both[name], (one[name] + two[name]) / 2, atol=1e-6)
    assert session.trials._read(soup.key).score == soup.score


def test_only_trials_from_one_pretrained_body_are_stirred_together():
    def trial(repeat=0, **changes):
        recipe = Recipe(architecture="vit", **{"backbone": "minilm", **changes})
        return SimpleNamespace(recipe=recipe, curve=("point",), ingredients=1, repeat=repeat)

    pool = [trial(), trial(batch_size=8), trial(backbone=None), trial(backbone="other"), trial(repeat=1)]
    assert [len(g) for g in groups(pool, crossed=True)] == [2]
    assert [len(g) for g in groups(pool, crossed=False)] == [3]


def test_a_stacked_model_predicts_the_same_numbers_after_saving_and_loading(session, tmp_path):
    scores = [t.scores for t in session.pool[:3]]
    blend = ways["stacking"].fit(scores, session.arena.truth)
    assert blend.pool == "logs"
    members = [
        Weighted(trial=t, weight=w, temperature=c)
        for t, w, c in zip(session.pool, blend.weights, blend.member_temperatures, strict=False)
    ]
    stacked = pooled(members, blend)
    assert np.allclose(stacked.scores, blend.combine(scores))
    model = session.model_of(stacked.members, stacked.blend)
    save(model, tmp_path / "model")
    again = load_model(tmp_path / "model")
    data = session.prepared.data.take(np.arange(20))
    assert np.array_equal(again.scores(data), model.scores(data))
    assert again.blend == model.blend
    assert json.loads((tmp_path / "model" / "bundle.json").read_text())["format"] == 2


def test_a_weighted_mean_is_saved_in_the_form_that_older_readers_know(session, handover, tmp_path):
    save(session.model_of(handover.members, handover.blend), tmp_path / "model")
    content = json.loads((tmp_path / "model" / "bundle.json").read_text())
    assert content["format"] == 1
    assert set(content["blend"]) == {"weights", "member_temperatures", "temperature", "decision"}


def test_both_models_are_scored_in_one_opening_and_delivered(session, handover, fast):
    candidates = [measured(session, handover)]
    selected = Selected(handover=handover, fast=fast, candidates=candidates)
    result = open_test(session, selected)
    deliver(session, selected, result, finish_s=0.0)
    rows = session.book.ledger.rows()
    assert [r["stage"] for r in rows].count("test") == 1
    assert result.openings == 1
    summary = json.loads(session.folder.summary.read_text())
    told = summary["fast"]
    assert told["test"]["n"] == summary["test"]["n"]
    assert told["difference"]["low"] <= told["difference"]["gain"] <= told["difference"]["high"]
    assert rows[-1]["stage"] == "distil"
    assert rows[-1]["after"] == pytest.approx(told["test"]["score"])
    again = load_model(session.folder.fast_model)
    data = result.data
    assert np.array_equal(again.scores(data), fast.model.scores(data))
    assert abs(folder_bytes(session.folder.fast_model) - told["size_bytes"]) < 2_000
    assert "model-fast holds a single network" in session.folder.report.read_text()
    assert whet.load(session.folder.path / "model").members
