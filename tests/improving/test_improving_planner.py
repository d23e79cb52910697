"""The planner believes in larger gains where a finding says how much is to be had."""

import whet.models
import whet.models.estimators  # noqa: F401  (these fill the registries)
from whet.data.kinds import Modality
from whet.finding import Finding
from whet.improving.planner import propose
from whet.recipe import Recipe
from whet.tasks.facts import Facts
from whet.testing.examples import target_of, tiny

FACTS = Facts(
    modality=Modality.TABLE,
    target=target_of(tiny(Modality.TABLE)),
    metric="accuracy",
    num_train=500,
    found=("label_errors",),
    suggested_lr=0.1,
)


def points(remedy, *findings):
    proposals = propose(Recipe(architecture="mlp"), FACTS, findings, tried=set())
    return max(p.points for p in proposals if p.remedy == remedy)


def finding(symptom, room):
    return Finding(symptom=symptom, severity=0.8, statement="much is wrong", room=room)


def test_a_finding_raises_what_its_remedies_may_bring_and_no_others():
    plain = points("suspected_labels")
    assert points("suspected_labels", finding("label_errors", 0.0)) == 2 * plain
    assert points("suspected_labels", finding("label_errors", 0.2)) == 10.0
    assert points("suspected_labels", finding("below_baseline", 0.6)) == plain


def test_a_network_far_below_a_simple_model_may_gain_half_of_the_way():
    assert points("learning_rate", finding("below_baseline", 0.6)) == 30.0
