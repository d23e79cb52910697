"""Every script of the fault clinic can be built, and one batch of it runs as its author meant."""

import dataclasses
import itertools

import pytest
import torch
from benchmarks.clinic.collecting import entries
from benchmarks.clinic.figures import cure_figures, faulty_figures, healthy_figures, is_harmed, rank
from benchmarks.clinic.script import evaluate, passing, score
from benchmarks.clinic.working import work

from whet.rng import drawing_globally

ENTRIES = entries()
FAULTY = [e for e in ENTRIES.values() if e.truth]
HEALTHY = [e for e in ENTRIES.values() if not e.truth]
STOPS = {"labels_counted_from_one"}  # the faulty script itself ends with an error
TRAINED_BEFORE = {"already_trained", "backbone_frozen_on_purpose", "fine_tuned_at_a_tiny_rate"}  # seconds to build


def test_there_are_enough_scripts_of_every_kind():
    assert len(FAULTY) >= 66
    assert len(HEALTHY) >= 66
    for group in (FAULTY, HEALTHY):
        held = sum(e.held for e in group)
        assert 0.3 * len(group) <= held <= 0.6 * len(group)


def test_every_script_says_what_is_wrong_or_odd():
    assert all(e.what.strip() for e in ENTRIES.values())


@pytest.mark.filterwarnings("ignore:Using a target size")  # PyTorch sees that fault too
@pytest.mark.parametrize("entry", [e for e in ENTRIES.values() if e.name not in TRAINED_BEFORE], ids=lambda e: e.name)
def test_a_batch_gives_a_loss(entry):
    for broken in (True, False) if entry.truth else (False,):
        with drawing_globally(0, entry.name):
            script = entry.build(broken=broken)
            for batch in itertools.islice(script.train, 1):
                outputs, targets = passing(script, batch)
                if not (broken and entry.name in STOPS):
                    assert script.loss(outputs, targets).ndim == 0
            valid = list(itertools.islice(script.fresh or script.valid, 1))
            assert -1 <= evaluate(script, valid) <= 1


def test_one_seed_builds_the_same_weights():
    for entry in FAULTY[:5]:
        with drawing_globally(0, "clinic"):
            first, second = (entry.build().model.state_dict() for _ in range(2))
        assert all(torch.equal(first[name], second[name]) for name in first)


def test_scores_know_classes_yes_no_and_numbers():
    logits, y = torch.tensor([[2.0, 0.0], [0.0, 1.0], [3.0, 1.0]]), torch.tensor([0, 1, 1])
    assert score([(logits, y)], "accuracy") == pytest.approx(2 / 3)
    assert score([(logits, y)], "balanced") == pytest.approx(0.75)
    assert score([(torch.tensor([[0.9], [0.2]]), torch.tensor([[1.0], [1.0]]))], "binary") == 0.5
    numbers = torch.tensor([[0.0], [1.0], [2.0]])
    assert score([(numbers, numbers)], "r2") == 1.0
    assert score([(numbers * float("nan"), numbers)], "r2") == -1.0


def _said(name, *symptoms, level="severe"):
    verdicts = [{"symptom": s, "level": level} for s in symptoms]
    return {"name": name, "verdicts": verdicts, "findings": verdicts, "seconds": 1.0}


def test_figures_count_first_verdicts_and_alarms():
    a, b = (next(e for e in FAULTY if e.truth == frozenset({t})) for t in ("double_softmax", "shortcut"))
    known = {e.name: e for e in ENTRIES.values()}
    assert rank(a, _said(a.name, "imbalance", "double_softmax")) == 2
    figures = faulty_figures(known, [_said(a.name, "double_softmax"), _said(b.name)])
    assert figures["recall"]["value"] == 0.5
    assert figures["precision"]["value"] == 1.0
    alarms = healthy_figures([_said(HEALTHY[0].name, "shortcut"), _said(HEALTHY[1].name, "shortcut", level="slight")])
    assert alarms["severe"]["value"] == 0.5
    assert alarms["moderate_or_severe"]["value"] == 0.5


def test_only_harmed_scripts_can_be_cured():
    entry = next(e for e in FAULTY if not e.latent)
    known = {entry.name: dataclasses.replace(entry)}
    row = {"name": entry.name, "faulty": [0.2], "clean": [0.9], "cured": 0.85, "random": [["shuffle", 0.2]]}
    assert is_harmed(row)
    figures = cure_figures(known, [row, {**row, "faulty": [0.9]}])
    assert figures["cured"] == figures["cured"] | {"value": 1.0, "of": 1}
    assert figures["cured_of_curable"]["value"] == 1.0
    assert figures["cured_by_random"]["value"] == 0.0


def test_a_row_of_work_is_made_even_when_a_script_crashes():
    row = work("harm", "softmax_layer_before_cross_entropy", {"seeds": 0})
    assert row["faulty"] == row["clean"] == []
    assert "KeyError" in work("harm", "no_such_script", {})["error"]
