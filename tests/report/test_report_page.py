"""The page is one file, loads nothing, survives every corner, and is the same each time."""

import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from whet.report.data import Mistake
from whet.report.page import page
from whet.report.write import write_report

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


class Elements(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def elements(text):
    parser = Elements()
    parser.feed(text)
    parser.close()
    return parser.found


@pytest.fixture(scope="module")
def html(data):
    return page(data)


def test_everything_it_shows_is_inside(html):
    for tag, attributes in elements(html):
        assert tag not in ("script", "link", "iframe", "object", "base", "form")
        assert not [name for name in attributes if name.startswith("on")]
        assert attributes.get("src", "data:").startswith("data:")
        assert attributes.get("href", "#").startswith("#")
    assert "url(" not in html
    assert "@import" not in html
    assert len(html) < 2_000_000


def test_a_content_security_policy_forbids_all_but_inline_style_and_pictures(html):
    policies = [a["content"] for tag, a in elements(html) if a.get("http-equiv") == "Content-Security-Policy"]
    assert policies == [POLICY]


def test_every_picture_says_what_it_shows(html):
    pictures = [attributes for tag, attributes in elements(html) if tag == "img"]
    assert len(pictures) >= 7
    assert all(attributes["alt"] for attributes in pictures)


def test_sections_come_in_the_order_of_a_readers_questions(html):
    order = ["verdict", "ledger", "findings", "training", "errors", "mistakes", "next", "data", "cost", "reproduce"]
    assert [a["id"] for tag, a in elements(html) if tag == "section"] == order
    links = {a["href"][1:] for tag, a in elements(html) if tag == "a"}
    assert links <= set(order)


def test_tags_are_balanced(html):
    names = "section|div|table|tr|td|p|h3|details|article|bdi"
    assert Counter(re.findall(rf"<({names})\b", html)) == Counter(re.findall(rf"</({names})>", html))


def test_the_same_data_give_the_same_bytes_and_no_other_file(data, html, tmp_path):
    write_report(data, tmp_path / "report.html")
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == html
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]


def test_numbers_have_their_own_pictures(number_data):
    html = page(number_data)
    assert "Predicted against true" in html
    assert "Histogram of the errors" in html
    assert "Confusion matrix" not in html
    assert "ROC" not in html


def test_an_empty_run_is_a_page_too(data_with):
    html = page(
        data_with(
            num=0,
            default=None,
            gain=None,
            deep_wins=None,
            labels=(),
            schema=[],
            ledger=[],
            findings=[],
            curves={},
            test_truth=[],
            test_scores=[],
            scores_table={},
            mistakes=[],
            timings=[],
            problems=[],
            next_steps=[],
            budget_seconds=None,
            environment={},
            speed={},
            members=[],
            notes=[],
            test_openings=0,
            num_examples={},
        )
    )
    assert "Nothing was recorded." in html
    assert "no budget set" in html


@pytest.mark.parametrize(("num", "num_classes"), [(1, 2), (1, 5), (150, 100)])
def test_few_examples_and_many_classes_are_drawn(data_with, num, num_classes):
    html = page(data_with(num, num_classes))
    assert "Confusion matrix" in html
    assert ("20 of 100 classes" in html) == (num_classes == 100)


def test_one_number_is_drawn(number_data):
    assert "Histogram" in page(replace(number_data, test_truth=[3.0], test_scores=[[3.0]]))


def test_a_long_list_is_cut_and_counted(data_with):
    html = page(data_with(problems=[f"row {i}: empty" for i in range(1000)]))
    assert "940 more are in report.json" in html
    assert "row 59: empty" in html
    assert "row 60: empty" not in html


def test_a_picture_that_is_no_png_is_not_shown(data_with):
    bad = Mistake(where="w", truth="a", predicted="b", confidence=0.5, thumbnail="https://example.org/a.png")
    html = page(data_with(mistakes=[bad]))
    assert "example.org" not in html


def test_labels_without_glyphs_and_formulas_do_not_disturb_the_plots(data_with):
    labels = ("猫", "$\\frac{1}{0}$", "_hidden")
    html = page(data_with(labels=labels, curves={"猫 $x$ $": [{"epoch": 1.0, "train_loss": 1.0}]}))
    assert "猫" in html


def test_scores_that_are_not_finite_are_dashes(data_with):
    table = {"before": {"accuracy": 0.5, "roc_auc": float("nan")}, "after": {"accuracy": 0.5, "roc_auc": float("nan")}}
    html = page(data_with(scores_table=table))
    assert re.search(r"nan\b", re.sub(r"base64,[^\"]*", "", html)) is None
