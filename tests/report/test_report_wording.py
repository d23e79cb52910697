"""The sentences claim what the figures show, and no more."""

from dataclasses import replace

import pytest

from whet.report.data import ScoreLine
from whet.report.wording import headline, openings_sentence, simple_weight, verdict_sentences


def said(data):
    return " ".join(verdict_sentences(data))


def test_the_verdict_names_examples_scores_intervals_and_the_gain(data):
    assert headline(data) == "Accuracy rose from 0.930 to 0.980."
    assert said(data) == (
        "On 40 examples that nothing had read, accuracy rose from 0.930 to 0.980 (95 % interval 0.960 to 0.990). "
        "The gain over the simple baseline (logistic regression) is +5.1 points (+2.9 to +7.3)."
    )


def test_an_error_that_falls_is_told_in_the_targets_units(number_data):
    assert headline(number_data) == "RMSE fell from 48,210 to 44,003."
    text = said(number_data)
    assert "in the target's own units. Lower is better." in text
    assert "+4,207 (+2,900 to +5,600), 8.7 % less error." in text


@pytest.mark.parametrize("gain", [(0.01, -0.02, 0.04), (0.0, -0.01, 0.01), (0.01, 0.0, 0.02)])
def test_a_gain_whose_interval_holds_zero_is_not_told_from_no_gain(data, gain):
    assert "cannot be told from no gain" in said(replace(data, gain=gain))


def test_a_clear_gain_carries_no_such_doubt(data):
    assert "cannot be told" not in said(data)


def test_a_loss_is_called_one(data):
    assert "worse than the simple baseline" in said(replace(data, gain=(-0.03, -0.05, -0.01)))


def test_the_baseline_itself_is_no_gain(data):
    same = replace(data, after=replace(data.after, score=0.93), gain=(0.0, 0.0, 0.0))
    assert headline(same) == "Accuracy stayed at 0.930."
    assert "there is no gain" in said(same)


def test_a_simple_model_that_was_handed_over_is_named_as_such(data):
    members = [{"title": "logistic regression", "weight": 1.0}]
    text = said(replace(data, deep_wins=False, members=members))
    assert "No network did better than a simple model" in text
    assert "a simple model is what was handed over" in text


def test_a_simple_model_that_dominates_the_ensemble_is_named_with_its_share(data):
    members = [{"title": "logistic regression", "weight": 0.8}, {"title": "net", "weight": 0.2}]
    blended = replace(data, deep_wins=False, members=members)
    assert simple_weight(blended) == pytest.approx(0.8)
    assert "simple models make up 80 % of the ensemble" in said(blended)


def test_without_members_the_share_is_unknown(data):
    assert simple_weight(replace(data, members=[])) is None
    assert "may be all that is needed" in said(replace(data, members=[], deep_wins=False))


def test_a_stopped_run_says_so_first(data):
    assert verdict_sentences(replace(data, stopped=True))[0].startswith("The run was stopped")


def test_a_figure_of_validation_examples_is_not_sold_as_unseen(data):
    text = said(replace(data, after=replace(data.after, part="valid")))
    assert "validation examples, which the choices have seen" in text
    assert "nothing had read" not in text


def test_openings_are_counted_and_widen_the_interval(data):
    assert "never opened" in openings_sentence(replace(data, test_openings=0))
    assert "once" in openings_sentence(data)
    twice = replace(data, test_openings=2)
    assert "opened 2 times" in openings_sentence(twice)
    assert "97.5 % interval" in said(twice)


def test_one_example_is_singular(data):
    one = replace(data, after=ScoreLine(name="x", score=1.0, low=0.2, high=1.0, n=1))
    assert said(one).startswith("On 1 example that")
