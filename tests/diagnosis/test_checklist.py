"""The recipe is gone through in order and stops at the first thing that must be mended."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import whet.diagnosis.rules
from whet.diagnosis.checklist import STEPS, checklist
from whet.diagnosis.rule import rules
from whet.finding import Finding

EVERY_RULE = sorted({name for step in STEPS for name in step.rules})
ORDER = ["passed", "failed", "not reached"]


def found(symptom, severity=0.9):
    return Finding(symptom=symptom, severity=severity, statement=f"{symptom} was found.")


def statuses(findings=(), clean=EVERY_RULE, not_judged=None):
    results = checklist(findings, clean=clean, not_judged=not_judged or {})
    return {r.name: r.status for r in results}


def test_a_sound_training_passes_every_step_and_the_measured_numbers_are_told():
    results = checklist([], clean=EVERY_RULE, not_judged={}, seen={"initial_loss": "2.31 against log 10 = 2.30"})
    assert {r.status for r in results} == {"passed"}
    assert next(r for r in results if r.name == "initial_loss").because.startswith("2.31")


@given(severe=st.sets(st.sampled_from(EVERY_RULE), min_size=1, max_size=5))
def test_it_stops_at_the_first_step_with_something_severe(severe):
    results = list(checklist([found(name) for name in severe], clean=EVERY_RULE, not_judged={}))
    places = [ORDER.index(r.status) for r in results]
    assert places == sorted(places)
    assert places.count(1) == 1
    failed = results[places.index(1)]
    assert set(failed.findings) <= severe
    first = next(step for step in STEPS if step.rules & severe)
    assert failed.name == first.name
    assert failed.because in {f"{name} was found." for name in severe}


def test_moderate_findings_are_named_but_stop_nothing_and_slight_ones_are_left_out():
    results = checklist([found("input_scale", 0.5), found("overconfidence", 0.1)], clean=EVERY_RULE, not_judged={})
    assert {r.status for r in results} == {"passed"}
    assert results[0].because == "but: input_scale was found."
    assert results[-1].because == ""


def test_a_step_whose_rules_could_not_look_is_not_judged_and_says_why():
    after = {"overfitting": "there are no validation batches"}
    results = checklist([], clean=[r for r in EVERY_RULE if r != "overfitting"], not_judged=after)
    step = next(r for r in results if r.name == "generalises")
    assert (step.status, step.because) == ("not judged", "there are no validation batches")
    assert set(statuses(clean=[]).values()) == {"not judged"}


def test_what_is_not_judged_does_not_stop_it():
    clean = [r for r in EVERY_RULE if r not in STEPS[0].rules]
    assert statuses([found("cannot_memorise")], clean=clean) | {"data": "not judged"} == {
        **dict.fromkeys([s.name for s in STEPS], "not reached"),
        "data": "not judged",
        "skeleton": "passed",
        "initial_loss": "passed",
        "baseline": "passed",
        "one_batch": "failed",
    }


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_what_a_step_needs_is_among_its_rules(step):
    assert step.needs
    assert step.needs <= step.rules


def test_no_rule_speaks_for_two_steps_and_every_rule_has_its_step():
    assert sum(len(step.rules) for step in STEPS) == len(EVERY_RULE)
    assert whet.diagnosis.rules
    assert set(rules) <= set(EVERY_RULE), sorted(set(rules) - set(EVERY_RULE))
