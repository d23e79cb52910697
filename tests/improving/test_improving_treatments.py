"""The audit at the start of a run, and treatments of training examples inside each fold."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hold_out_world import arena_of, trials_of

import whet
import whet.models.estimators
import whet.remedies
from whet.data.kinds import Modality
from whet.improving.observer import Observer
from whet.recipe import Length, Recipe, Treatment
from whet.remedies.remedy import remedies
from whet.tasks.facts import Facts
from whet.testing.examples import target_of, tiny

PLAIN = Recipe(architecture="columns_linear", length=Length(epochs=1.0))
TREATED = replace(PLAIN, treatments=(Treatment(name="drop_suspected_labels"),))


def noisy(num=1000):
    """A table with a plain rule and every tenth training label wrong."""
    data = tiny(Modality.TABLE, n=num)
    wrong = np.arange(0, 800, 10)
    target = data.target.copy()
    labels = sorted(set(target))
    target[wrong] = [labels[(labels.index(v) + 1) % 3] for v in target[wrong]]
    return replace(data, target=target), wrong


@pytest.fixture
def world(tmp_path):
    data, wrong = noisy()
    return trials_of(data, tmp_path), arena_of(data, 800), wrong


def test_a_treatment_changes_what_is_trained_on_and_nothing_else(world, monkeypatch):
    trials, arena, wrong = world
    seen = []
    import whet.engine.bench as module

    real = module.fit
    monkeypatch.setattr(
        module, "fit", lambda *given, **named: seen.append((given[2], given[3])) or real(*given, **named)
    )
    trials.run(arena, PLAIN, title="plain")
    trials.run(arena, TREATED, title="treated")
    (plain, valid), (treated, valid_too) = seen
    left_out = set(plain.rows.tolist()) - set(treated.rows.tolist())
    assert len(plain) == 800
    assert len(left_out & set(wrong.tolist())) >= 0.7 * len(wrong)
    assert len(left_out - set(wrong.tolist())) <= 24
    np.testing.assert_array_equal(valid.target, valid_too.target)


def test_seeds_of_one_training_part_judge_its_labels_once(world):
    trials, arena, _ = world
    trials.run(arena, TREATED, title="treated", repeat=0)
    known = set(trials.bench.judged)
    trials.run(arena, TREATED, title="treated", repeat=1)
    assert known
    assert set(trials.bench.judged) == known


def test_a_recipe_with_treatments_round_trips_and_has_a_digest_of_its_own():
    assert Recipe.from_yaml(TREATED.to_yaml()) == TREATED
    assert TREATED.digest() != PLAIN.digest()


def test_remedies_of_the_data_are_proposed_only_where_the_audit_found_something():
    facts = Facts(modality=Modality.TABLE, target=target_of(tiny(Modality.TABLE)), metric="accuracy", num_train=100)
    assert not remedies["suspected_labels"].propose(PLAIN, facts)
    assert not remedies["copies"].propose(PLAIN, facts)
    found = replace(facts, found=("label_errors", "exact_duplicates", "near_duplicates", "label_conflicts"))
    names = [r.treatments[-1].name for _, r in remedies["suspected_labels"].propose(PLAIN, found)]
    assert names == ["drop_suspected_labels", "relabel_suspected_labels"]  # of an estimator that cannot weigh
    network = replace(PLAIN, architecture="tabm")
    names = [r.treatments[-1].name for _, r in remedies["suspected_labels"].propose(network, found)]
    assert names == ["drop_suspected_labels", "relabel_suspected_labels", "weaken_suspected_labels"]
    names = [r.treatments[-1].name for _, r in remedies["copies"].propose(PLAIN, found)]
    assert sorted(names) == ["deduplicate", "drop_conflicting_copies"]
    assert not remedies["suspected_labels"].propose(TREATED, found)


def test_a_run_audits_its_data_first_and_reports_what_it_found(tmp_path):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.normal(size=160), "b": rng.normal(size=160), "version": "v2"})
    frame["y"] = np.where(frame["a"] > 0, "p", "q")
    frame.loc[rng.choice(160, 30, replace=False), "b"] = np.nan
    said = []

    class Listens(Observer):
        def say(self, message):
            said.append(message)

    run = whet.improve(frame, target="y", budget=None, epochs=1, out=tmp_path / "run", observer=Listens())
    assert any("audit" in line for line in said)
    page = run.report.read_text()
    assert "missing" in page.lower()
