"""The page of an audit says what matters first, is one file, and shows the data's strings as text."""

from dataclasses import fields, is_dataclass, replace

import pytest
from reading_pages import elements, words

from whet.finding import Cost, Finding
from whet.report.audit_page import AuditPage, Case, Section, Side, audit_html, write_audit_page
from whet.report.audit_wording import affected, cost, evidence, headline, worst

PNG = "data:image/png;base64,iVBORw0KGgo="
ATTACKS = [
    "<script>alert(1)</script>' onmouseover='alert(1)",
    '"><img src=x onerror=alert(1)>--><![CDATA[ &lt;i&gt;',
    "</style></pre></title></svg><b>{{7*7}}{% raw %}",
    "cat\u202egnp.exe\x00\x1b[2J\ud800",
]
KEPT = {"meaning", "unit", "picture", "part", "quick", "num_examples"}  # words of Whet, not of data


def found(**changed):
    given = {
        "symptom": "label_errors",
        "title": "labels that look wrong",
        "severity": 0.8,
        "statement": "37 of 400 labels look wrong.",
        "evidence": {"rule": "C1", "value": 0.09, "threshold": 0.01},
        "advice": "Look at them.",
        "remedy": "leaves them out of training",
        "column": "species",
        "count": 37,
        "total": 400,
        "confidence": 0.9,
        "cost": Cost(meaning="gain", value=0.02, low=0.01, high=0.03, how="boosted trees, twice"),
    }
    return Finding(**{**given, **changed})


def side(**changed):
    given = {"where": "row 7", "label": "cat", "text": "a small text", "values": (("age", "7"), ("city", "Ulm"))}
    return Side(**{**given, **changed})


@pytest.fixture
def page():
    pair = Case(what="the same scene", sides=(side(picture=PNG), side(lines=((0.0, 1.0, 0.5),))))
    return AuditPage(
        title="pets.csv",
        test_title="fresh.csv",
        target="species",
        modality="table",
        metric_title="accuracy",
        unit="fraction",
        num_examples={"train": 4000, "test": 500},
        sections=(
            Section(finding=found(), num_listed=37, cases=(Case(what="reads like 'dog'", sides=(side(),)), pair)),
            Section(finding=found(severity=0.1, title="", cost=None, cost_unknown="too few rows", part="test")),
        ),
        not_judged=(("drift between the parts", "there is no test"),),
        clean=("classes that are rare",),
        set_aside=(("row 9", "no target"),),
        quick={"title": "boosted trees", "score": 0.9, "low": 0.88, "high": 0.92, "n": 400, "seconds": 2.0},
        timings={"reading": 0.5, "label_errors": 3.0},
        seconds=4.0,
        seed=0,
        environment={"whet": "1.0"},
    )


def with_strings(value, text, name=""):
    if isinstance(value, str):
        return value if name in KEPT else text
    if is_dataclass(value):
        return replace(value, **{f.name: with_strings(getattr(value, f.name), text, f.name) for f in fields(value)})
    if isinstance(value, dict):
        return {k: v if name in KEPT else with_strings(v, text, k) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(with_strings(v, text, name) for v in value)
    return value


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_string_of_the_data_adds_an_element_or_an_attribute(page, attack):
    html = audit_html(with_strings(page, attack))
    shown = elements(html)
    assert shown.tags == elements(audit_html(with_strings(page, "harmless, long enough a word"))).tags
    if attack.isprintable():
        assert attack in "".join(shown.text)
    assert html.encode()
    assert "\x00" not in html
    assert "\u202e" not in html


def test_a_picture_that_is_no_png_is_not_shown(page):
    bad = side(picture="data:text/html,<script>alert(1)</script>")
    section = Section(finding=found(), cases=(Case(what="", sides=(bad,)),))
    assert "text/html" not in audit_html(replace(page, sections=(section,)))


def test_it_is_one_file_that_loads_and_runs_nothing(page, tmp_path):
    write_audit_page(page, tmp_path / "audit.html")
    html = (tmp_path / "audit.html").read_text(encoding="utf-8")
    tags = {tag for tag, _ in elements(html).tags}
    assert not tags & {"script", "link", "iframe", "object", "base", "form"}
    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in html
    assert "http:" not in html
    assert "https:" not in html
    assert html == audit_html(page)


def test_the_verdict_comes_first_and_every_finding_has_its_section(page):
    html = audit_html(page)
    places = [
        html.index(f'id="{name}"') for name in ("verdict", "findings", "finding1", "finding2", "open", "clean", "how")
    ]
    assert places == sorted(places)
    said = words(html)
    for part in (
        "1 severe fault in the data",
        "1 severe, 0 moderate, 1 slight",
        "37 of 400 (9.2 %)",
        "a sample was looked at",
        "gain +2.0 points (+1.0 to +3.0)",
        "not measured: too few rows",
        "measured 0.09, threshold 0.01, rule C1",
        "2 of 37 shown; the list is in audit.json",
        "there is no test",
        "Classes that are rare.",
        "Accuracy 0.900 (95 % interval 0.880 to 0.920)",
    ):
        assert part in said, part


def test_data_without_findings_or_target_have_a_page_too(page):
    bare = replace(page, sections=(), not_judged=(), set_aside=(), quick={}, timings={}, target=None, test_title=None)
    said = words(audit_html(replace(bare, num_examples={"train": 1}, metric_title="")))
    assert "Nothing wrong was found" in said
    assert "1 training example , without a target" in said.replace("example,", "example ,")
    assert "No quick model was trained" in said


def test_only_severe_findings_make_the_headline_severe(page):
    mild = replace(page, sections=(Section(finding=found(severity=0.69)),))
    assert headline(mild) == "Nothing severe was found"
    assert [f.level for f in worst(mild)] == ["moderate"]
    assert worst(replace(page, sections=(Section(finding=found(severity=0.1)),))) == []


def test_amounts_say_no_more_than_is_known():
    assert affected(found(count=0)) == ""
    assert affected(found(total=0, count=5)) == "5"
    assert cost(found(cost=None), "fraction") == ""
    flattery = Cost(meaning="flattery", value=0.1, low=0.05, high=0.15, how="")
    assert cost(found(cost=flattery), "fraction") == "score too good by 10.0 points (+5.0 to +15.0)"
    assert evidence(found(evidence={"value": [1, 2.5], "columns": "a, b"})) == "measured 1, 2.5, columns a, b"
