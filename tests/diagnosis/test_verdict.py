"""Findings become verdicts: nothing is lost, roots are named first, chains lead only over what was found."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whet.diagnosis.verdict import MOST_ADDED, Verdict, join, weight_of
from whet.finding import Finding

NAMES = ["rate", "inputs", "dead", "flat", "under", "noise"]


def found(symptom, severity=0.8, **changed):
    return Finding(symptom=symptom, severity=severity, statement=f"about {symptom}", **changed)


def graph(**edges):
    return {name: frozenset(to.split()) for name, to in edges.items()}


findings_given = st.lists(
    st.builds(
        Finding,
        symptom=st.sampled_from(NAMES),
        severity=st.sampled_from([0.1, 0.35, 0.6, 0.9]),
        confidence=st.sampled_from([None, 0.5, 0.9]),
        statement=st.sampled_from(["a", "b"]),
        where=st.sampled_from(["", "layer '1'", "layer '2'"]),
    ),
    max_size=8,
)
graphs = st.dictionaries(st.sampled_from(NAMES), st.frozensets(st.sampled_from([*NAMES, "absent"])), max_size=6)


@settings(max_examples=300, deadline=None)
@given(findings=findings_given, explains=graphs)
def test_every_finding_is_in_a_verdict_and_nothing_is_made_up(findings, explains):
    verdicts = join(findings, explains)
    told = [f for v in verdicts for f in v.findings]
    assert all(f in told for f in findings)
    assert all(f in findings for f in told)


@settings(max_examples=300, deadline=None)
@given(findings=findings_given, explains=graphs, order=st.randoms(use_true_random=False))
def test_the_order_given_does_not_matter(findings, explains, order):
    shuffled = list(findings)
    order.shuffle(shuffled)
    assert join(findings, explains) == join(shuffled, explains)


@settings(max_examples=300, deadline=None)
@given(findings=findings_given, explains=graphs)
def test_roots_are_of_different_rules_none_explains_another_and_they_are_ranked(findings, explains):
    verdicts = join(findings, explains)
    roots = [v.root.symptom for v in verdicts]
    assert len(set(roots)) == len(roots)
    for verdict in verdicts:
        assert not {f.symptom for f in verdict.symptoms} & (set(roots) - {verdict.root.symptom})
    weights = [v.weight for v in verdicts]
    assert weights == sorted(weights, reverse=True)


@settings(max_examples=200, deadline=None)
@given(findings=findings_given)
def test_without_explanations_every_rule_has_its_own_verdict(findings):
    assert {v.root.symptom for v in join(findings, {})} == {f.symptom for f in findings}


def test_a_chain_leads_over_what_was_found_only():
    explains = graph(rate="dead", dead="flat")
    whole = join([found("rate"), found("dead"), found("flat")], explains)
    assert [v.root.symptom for v in whole] == ["rate"]
    assert {f.symptom for f in whole[0].symptoms} == {"dead", "flat"}
    broken = join([found("rate"), found("flat")], explains)
    assert {v.root.symptom for v in broken} == {"rate", "flat"}


def test_the_heavier_finding_of_a_circle_is_its_root():
    explains = graph(rate="dead", dead="rate flat")
    joined = join([found("rate", 0.5), found("dead", 0.9), found("flat", 0.7)], explains)
    assert [v.root.symptom for v in joined] == ["dead"]
    assert [f.symptom for f in joined[0].symptoms] == ["flat", "rate"]


def test_what_explains_a_whole_circle_is_its_root_however_light():
    explains = graph(rate="dead", dead="rate", inputs="rate")
    joined = join([found("rate", 0.9), found("dead", 0.9), found("inputs", 0.4)], explains)
    assert [v.root.symptom for v in joined] == ["inputs"]


def test_a_symptom_of_two_causes_is_told_under_both():
    joined = join([found("rate"), found("inputs", 0.7), found("flat")], graph(rate="flat", inputs="flat"))
    assert [(v.root.symptom, [f.symptom for f in v.symptoms]) for v in joined] == [
        ("rate", ["flat"]),
        ("inputs", ["flat"]),
    ]


def test_two_layers_of_one_rule_are_one_verdict():
    joined = join([found("dead", 0.6, where="layer 'a'"), found("dead", 0.9, where="layer 'b'")], {})
    assert len(joined) == 1
    assert joined[0].root.where == "layer 'b'"
    assert joined[0].weight == pytest.approx(0.9)


def test_a_slight_finding_does_not_hide_a_severe_one_but_a_slight_one():
    explains = graph(inputs="flat noise")
    joined = join([found("inputs", 0.2), found("flat", 0.9), found("noise", 0.1)], explains)
    assert [v.root.symptom for v in joined] == ["flat", "inputs"]
    assert [f.symptom for f in joined[1].symptoms] == ["noise"]


def test_confidence_counts_and_many_symptoms_do_not_outweigh_a_grave_cause():
    sure, unsure = found("rate", 0.8, confidence=0.9), found("inputs", 0.9, confidence=0.5)
    assert [v.root.symptom for v in join([unsure, sure], {})] == ["rate", "inputs"]
    many = tuple(replace(found("dead", 0.1), symptom=f"s{i}") for i in range(20))
    assert Verdict(root=unsure, symptoms=many).weight == pytest.approx(weight_of(unsure) + MOST_ADDED)


def test_nothing_found_gives_no_verdict():
    assert join([], graph(rate="flat")) == []
