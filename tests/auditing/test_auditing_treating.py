"""Treatments of training examples: what goes, what stays, and that nothing is computed twice."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from whet.auditing.opening import open_inspection
from whet.auditing.treating import treat
from whet.auditing.treatment import treatments
from whet.errors import ConfigError
from whet.recipe import Treatment

LABELS = ("drop_suspected_labels", "relabel_suspected_labels", "weaken_suspected_labels")


@pytest.fixture(scope="module")
def noisy():
    """(inspection, rows with a wrong label, clean labels): short texts of two kinds, 10 % of them mislabelled."""
    rng = np.random.default_rng(0)
    words = {"sea": ["ship", "wave", "sail", "harbour", "tide"], "hill": ["goat", "rock", "summit", "snow", "cliff"]}
    clean = rng.choice(list(words), 240)
    texts = [" ".join(rng.choice([*words[k], "the", "of", "day"], 9)) for k in clean]
    wrong = np.sort(rng.choice(240, 24, replace=False))
    given = clean.copy()
    given[wrong] = np.where(clean[wrong] == "sea", "hill", "sea")
    return open_inspection(pd.DataFrame({"text": texts, "kind": given}), target="kind"), wrong, clean


def treated(inspection, *names, memory=None, data=None, **settings):
    steps = [Treatment(name=name, settings=settings) for name in names]
    data = inspection.data if data is None else data
    return treat(data, steps, target=inspection.target, metric="accuracy", seed=0, memory=memory)


def test_suspected_labels_are_dropped(noisy):
    inspection, wrong, _ = noisy
    kept = treated(inspection, "drop_suspected_labels").rows
    gone = np.setdiff1d(np.arange(240), kept)
    assert np.isin(wrong, gone).mean() > 0.8
    assert np.isin(gone, wrong).mean() > 0.8


def test_suspected_labels_are_put_right(noisy):
    inspection, wrong, clean = noisy
    after = treated(inspection, "relabel_suspected_labels")
    assert (after.target == clean[after.rows]).mean() > 0.97
    assert np.isin(wrong, after.rows).mean() > 0.5  # put right, not only left out
    assert (inspection.data.target != clean).sum() == len(wrong)  # the source keeps its labels


def test_suspected_labels_count_less(noisy):
    inspection, wrong, _ = noisy
    after = treated(inspection, "weaken_suspected_labels")
    assert len(after) == 240
    right = np.setdiff1d(np.arange(240), wrong)
    assert np.median(after.weights[wrong]) < 0.3
    assert (after.weights[right] == 1).mean() > 0.9
    assert inspection.data.weights is None  # the source is left as it was
    assert np.array_equal(after.take(wrong).weights, after.weights[wrong])


@pytest.mark.parametrize("name", LABELS)
def test_only_the_given_examples_matter_and_the_outcome_is_repeatable(noisy, name):
    inspection, _, _ = noisy
    half = inspection.data.take(np.arange(120))
    first, second = (treated(inspection, name, data=half) for _ in range(2))
    assert np.array_equal(first.rows, second.rows)
    assert np.array_equal(first.target, second.target)
    assert first.rows.max() < 120


def test_what_was_judged_once_is_remembered(noisy, monkeypatch):
    inspection, _, _ = noisy
    memory = {}
    once = treated(inspection, "drop_suspected_labels", memory=memory)
    assert memory
    monkeypatch.setattr("whet.auditing.labels.judging.held_out_scores", lambda *_, **__: pytest.fail("trained again"))
    again = treated(inspection, "relabel_suspected_labels", memory=memory)
    assert len(again) >= len(once)


def test_other_labels_are_judged_anew(noisy):
    inspection, _, clean = noisy
    memory = {}
    treated(inspection, "drop_suspected_labels", memory=memory)
    size = len(memory)
    treated(inspection, "drop_suspected_labels", memory=memory, data=replace(inspection.data, target=clean))
    assert len(memory) > size


def copies():
    rng = np.random.default_rng(1)
    words = [f"word{i}" for i in range(300)]
    lines = [" ".join(rng.choice(words, 12)) for _ in range(40)]
    kinds = ["sea", "hill"] * 20
    texts = [*lines, lines[0], lines[0], lines[1], lines[2]]  # three of the first; a quarrel about the third
    return open_inspection(
        pd.DataFrame({"text": texts, "kind": [*kinds, "sea", "hill", "hill", "hill"]}), target="kind"
    )


def test_one_of_each_family_and_label_is_kept():
    kept = treated(copies(), "deduplicate").rows.tolist()
    assert kept == [*range(40), 41, 43]


def test_copies_that_contradict_each_other_are_left_out_unless_most_agree():
    kept = treated(copies(), "drop_conflicting_copies").rows.tolist()
    assert 0 in kept
    assert 40 in kept
    assert not {41, 2, 43} & set(kept)
    assert {1, 42} <= set(kept)


def test_treatments_follow_each_other_and_none_leaves_all_as_it_is():
    inspection = copies()
    both = treated(inspection, "drop_conflicting_copies", "deduplicate").rows.tolist()
    assert both == [0, 1, *range(3, 40)]
    assert treated(inspection) is inspection.data


def test_unknown_treatments_and_settings_are_refused():
    inspection = copies()
    with pytest.raises(ConfigError, match="Did you mean 'deduplicate'"):
        treated(inspection, "dedupliate")
    with pytest.raises(ConfigError, match=r"has no setting 'precison'\. Did you mean 'precision'"):
        treated(inspection, "drop_suspected_labels", precison=0.9)
    with pytest.raises(ConfigError, match=r"DropSuspectedLabels\.precision must be a number from 0.5 to 1"):
        treated(inspection, "drop_suspected_labels", precision=0.1)


def test_few_examples_and_numbers_are_left_alone():
    inspection = copies()
    few = inspection.data.take(np.arange(20))
    assert treated(inspection, *LABELS, data=few) is few
    values = np.random.default_rng(0).normal(size=(2, 60))
    number = open_inspection(pd.DataFrame({"x": values[0], "y": values[1]}), target="y")
    assert len(treated(number, *treatments)) == 60
