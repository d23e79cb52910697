"""The planner believes in larger gains where a finding says how much is to be had, and learns while it looks."""

from dataclasses import replace

import whet.models
import whet.models.estimators  # noqa: F401  (these fill the registries)
from whet.data.kinds import Modality
from whet.evaluation.metric import metrics
from whet.finding import Finding
from whet.improving.planner import plausible_gain, points_of, propose, replanned, shuffled
from whet.planning.portfolio import Portfolio
from whet.planning.ranking import Observation
from whet.recipe import Recipe
from whet.remedies.remedy import remedies
from whet.tasks.facts import Facts
from whet.testing.examples import target_of, tiny

NOTHING_KNOWN = Portfolio(seen=(), looks={}, provenance={})
FACTS = Facts(
    modality=Modality.TABLE,
    target=target_of(tiny(Modality.TABLE)),
    metric="accuracy",
    num_train=500,
    found=("label_errors",),
    suggested_lr=0.1,
)


def planned(*findings):
    return propose(Recipe(architecture="mlp"), FACTS, findings, tried=set(), portfolio=NOTHING_KNOWN)


def points(remedy, *findings):
    return max(p.points for p in planned(*findings) if p.remedy == remedy)


def place(remedy, proposals):
    return [p.remedy for p in proposals].index(remedy)


def finding(symptom, room):
    return Finding(symptom=symptom, severity=0.8, statement="much is wrong", room=room)


def test_a_finding_raises_what_its_remedies_may_bring_and_no_others():
    plain = points("suspected_labels")
    asked = points("suspected_labels", finding("label_errors", 0.0))
    assert asked > plain
    assert points("suspected_labels", finding("label_errors", 0.4)) >= 20.0 > asked
    assert points("suspected_labels", finding("below_baseline", 0.6)) == plain


def test_what_a_finding_asks_for_comes_first():
    before, after = planned(), planned(finding("curve_oscillation", 0.3))
    assert "curve_oscillation" not in remedies[before[0].remedy].treats
    assert "curve_oscillation" in remedies[after[0].remedy].treats
    assert after[0].because == "much is wrong"
    assert after[0].why_now.startswith(f"number 1 of {len(after)}: ")


def test_what_was_tried_is_not_proposed_again():
    first = planned()[0]
    again = propose(Recipe(architecture="mlp"), FACTS, (), tried={first.recipe.digest()}, portfolio=NOTHING_KNOWN)
    assert first.recipe not in [p.recipe for p in again]
    assert len(again) == len(planned()) - 1


def test_a_disappointment_moves_what_is_like_it_back():
    over = finding("overfitting", 0.0)
    proposals = planned(over)
    first = next(p for p in proposals if p.remedy == "dropout")
    seen = Observation(expectation=first.expectation, gain=-5.0, noise=0.3)
    rest = [p for p in proposals if p is not first]
    after = replanned(rest, [seen])
    assert place("weight_decay", after) > place("weight_decay", rest)
    assert {p.change for p in after} == {p.change for p in rest}
    assert "after what similar changes did in this run" in after[place("weight_decay", after)].why_now


def test_a_random_order_is_the_same_changes_and_follows_the_seed():
    proposals = planned()
    one, two, again = shuffled(proposals, seed=1), shuffled(proposals, seed=2), shuffled(proposals, seed=1)
    assert [p.change for p in one] == [p.change for p in again] != [p.change for p in two]
    assert {p.change for p in one} == {p.change for p in proposals}


def test_points_and_gains_are_inverse():
    for name, score in (("accuracy", 0.7), ("rmse", 45_000.0), ("r2", 0.4)):
        gain = plausible_gain(1.5, metrics[name], score)
        assert abs(points_of(gain, metrics[name], score) - 1.5) < 1e-9


def test_a_recipe_alone_decides_what_applies():
    wide = replace(Recipe(architecture="mlp"), settings={"width": 512})
    assert propose(wide, FACTS, (), tried=set(), portfolio=NOTHING_KNOWN)
