"""The page shows explanations, lets no string of theirs become markup, and does without them."""

import json
from dataclasses import asdict

import pytest
from test_report_hostile import ATTACKS, skeleton, with_strings

from whet.report.data import ReportData
from whet.report.page import page

PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ"
    "AAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
WITHOUT_PLOTS = {"test_truth": [], "test_scores": [], "curves": {}, "timings": [], "ledger": [], "mistakes": []}


def example(where, method="integrated gradients", **parts):
    return {
        "where": where,
        "truth": "a",
        "prediction": "b",
        "probability": 0.93,
        "method": "m",
        "title": method,
        "citation": "Somebody, 2017",
        "scope": "the whole model",
        "unit": "log-odds",
        "is_signed": True,
        **parts,
    }


@pytest.fixture(scope="module")
def explained(data_with):
    return data_with(
        **WITHOUT_PLOTS,
        importance=[
            {"column": "petal", "drop": 0.2, "low": 0.1, "high": 0.3, "repeats": 10},
            {"column": "noise", "drop": 0.0, "low": -0.01, "high": 0.01, "repeats": 10},
        ],
        explanations=[
            example("row 1", words=[["so ", 0.0], ["good", 2.0], [" not", -1.0]]),
            example("row 2", heat=[[0.0, 1.0], [-1.0, 0.5]], picture=PIXEL),
            example("row 3", steps=[0.0, 1.0, 1.0, -1.0], series=[0.0, 1.0, 0.5, 2.0]),
            example("row 4", columns=[["petal", "3.2", 1.5], ["noise", "missing", -0.5]]),
            example(
                "row 1", "attention", unit="share of attention", words=[["so ", 0.5], ["good", 0.5], [" not", 0.0]]
            ),
        ],
    )


def test_every_kind_of_example_is_drawn(explained):
    html = page(explained)
    found = skeleton(html)
    classes = [dict(shape).get("class") for _, shape in found.tags]
    assert 'id="why"' in html
    assert classes.count("explanation") == 4  # two methods share the card of row 1
    assert {"for4", "against2", "against4", "seen4", "thumbnail heat", "bands", "bars"} <= set(classes)
    assert ("a", [("href", "#why")]) in found.tags
    assert "integrated gradients (Somebody, 2017)" in html
    assert "Loss of score when one column is shuffled" in html


def test_no_string_adds_an_element_or_an_attribute(explained):
    harmless = skeleton(page(with_strings(explained, "harmless, long enough a word")))
    found = skeleton(page(with_strings(explained, "".join(ATTACKS))))
    assert found.tags == harmless.tags


def test_report_data_from_before_there_were_explanations_still_render(data):
    old = asdict(data)
    del old["explanations"], old["importance"]
    html = page(ReportData.from_dict(json.loads(json.dumps(old))))
    assert 'id="why"' not in html
    assert 'href="#why"' not in html


def test_a_round_trip_through_json_gives_the_same_page(explained):
    again = ReportData.from_dict(json.loads(json.dumps(asdict(explained))))
    assert page(again) == page(explained)


def test_what_is_no_picture_is_not_shown_and_nothing_found_is_said(data_with):
    html = page(
        data_with(
            **WITHOUT_PLOTS,
            explanations=[
                example("row 1", heat=[[1.0]], picture="javascript:alert(1)"),
                example("row 2", heat=[[0.0]], picture=PIXEL),
            ],
        )
    )
    assert "javascript" not in html
    assert 'class="overlaid"' not in html
    assert "Nothing in this example stands out" in html
