"""The page of a diagnosis says the verdict first, is one file, and shows every string as text."""

import math
from dataclasses import fields, is_dataclass, replace

import pytest
from reading_pages import elements, words

from whet.finding import Finding, Line, Plot
from whet.report.diagnosis_page import (
    DiagnosisPage,
    Layer,
    Tried,
    VerdictSection,
    diagnosis_html,
    write_diagnosis_page,
)
from whet.report.diagnosis_wording import headline, worth
from whet.report.plots import evidence

ATTACKS = [
    "<script>alert(1)</script>' onmouseover='alert(1)",
    '"><img src=x onerror=alert(1)>--><![CDATA[ &lt;i&gt;',
    "</style></pre></title></svg><b>{{7*7}}{% raw %}",
    "cat\u202egnp.exe\x00\x1b[2J\ud800",
]
KEPT = {"unit"}  # words of Whet
LOSS = Plot(
    title="Loss by step",
    x="step",
    y="loss of the batch",
    lines=(
        Line(name="this training", x=tuple(range(60)), y=tuple(2.3 + 0.04 * i * math.sin(i) ** 2 for i in range(60))),
        Line(name="at a tenth of the rate", x=tuple(range(60)), y=tuple(2.3 * 0.95**i for i in range(60))),
    ),
    threshold=2.303,
)
UNITS = Plot(
    title="Silent units",
    x="layer",
    y="share of units",
    lines=(Line(name="silent", x=("body.0", "body.2", "head"), y=(0.1, 0.93, 0.0)),),
    threshold=0.5,
)


def rate(**changed):
    given = {
        "symptom": "learning_rate_too_high",
        "title": "learning rate too high",
        "severity": 0.95,
        "confidence": 0.97,
        "statement": "At a learning rate of 1.0 the loss rises from 2.3 to 4.6 in 60 steps; at 0.01 it falls to 0.11.",
        "evidence": {"rule": "D14", "value": 0.41, "threshold": 0.1, "better_rate": 0.01},
        "where": "parameter group 0",
        "advice": "optimizer = torch.optim.SGD(model.parameters(), lr=0.01)  # was 1.0",
        "cures": ("lower_rate",),
        "source": "Bengio, Practical Recommendations for Gradient-Based Training, 2012",
        "plot": LOSS,
    }
    return Finding(**{**given, **changed})


def dead(**changed):
    given = {
        "symptom": "dead_units",
        "title": "units that never fire",
        "severity": 0.8,
        "statement": "93 % of the units of one layer are silent on every example.",
        "evidence": {"rule": "D12", "value": 0.93, "threshold": 0.5},
        "where": "layer 'body.2' (ReLU)",
        "plot": UNITS,
    }
    return Finding(**{**given, **changed})


def tried(**changed):
    given = {
        "title": "lower the learning rate",
        "advice": "lr=0.01  # was 1.0",
        "metric_title": "accuracy",
        "unit": "fraction",
        "before": 0.098,
        "after": 0.914,
        "gain": 0.816,
        "low": 0.79,
        "high": 0.84,
        "has_worked": True,
    }
    return Tried(**{**given, **changed})


@pytest.fixture
def page():
    order = rate(symptom="unshuffled", title="batches come in order", severity=0.5, plot=UNITS, confidence=None)
    return DiagnosisPage(
        title="SmallNet",
        facts=(("with", "12,345 parameters"), ("loss", "CrossEntropyLoss"), ("optimizer", "SGD (lr 1)")),
        verdicts=(
            VerdictSection(
                root=rate(),
                symptoms=(dead(),),
                tried=(
                    tried(),
                    tried(title="clip gradients", after=0.12, gain=0.022, low=-0.01, high=0.05, has_worked=False),
                ),
            ),
            VerdictSection(root=order, symptoms=(dead(),)),
            VerdictSection(root=dead(symptom="overconfidence", title="", where="", severity=0.2, plot=None)),
        ),
        num_rules=41,
        checklist=(
            ("the data are as they should be", "passed", "but: batches come in order"),
            ("one batch can be memorised", "failed", "The loss stays at 2.3."),
            ("the loss falls", "not reached", ""),
        ),
        curves=(replace(LOSS, threshold=None),),
        layers=(
            Layer(name="body.0", kind="Linear", size=1290, std=0.8, silent=None, flat=None, gradient=0.1, update=0.4),
            Layer(
                name="body.2",
                kind="ReLU",
                size=None,
                std=0.01,
                silent=0.93,
                flat=None,
                gradient=None,
                update=None,
                is_named=True,
            ),
        ),
        not_judged=(("drift", "there is no validation data"), ("shortcuts", "there is no validation data")),
        clean=("softmax applied twice", "labels out of range"),
        timings={"training": 8.5, "dead_units": 0.01},
        seconds=21.0,
        seed=0,
        environment={"whet": "1.0"},
    )


def with_strings(value, text, name=""):
    if isinstance(value, str):
        return value if name in KEPT else text
    if is_dataclass(value):
        return replace(value, **{f.name: with_strings(getattr(value, f.name), text, f.name) for f in fields(value)})
    if isinstance(value, dict):
        return {k: with_strings(v, text, k) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(with_strings(v, text, name) for v in value)
    return value


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_string_adds_an_element_or_an_attribute(page, attack):
    plain = replace(page, curves=())
    html = diagnosis_html(with_strings(plain, attack))
    shown = elements(html)
    assert shown.tags == elements(diagnosis_html(with_strings(plain, "harmless, long enough a word"))).tags
    if attack.isprintable():
        assert attack in "".join(shown.text)
    assert html.encode()
    assert "\x00" not in html
    assert "\u202e" not in html


def test_it_is_one_file_that_loads_and_runs_nothing(page, tmp_path):
    write_diagnosis_page(page, tmp_path / "diagnosis.html")
    html = (tmp_path / "diagnosis.html").read_text(encoding="utf-8")
    tags = {tag for tag, _ in elements(html).tags}
    assert not tags & {"script", "link", "iframe", "object", "base", "form"}
    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in html
    assert "http:" not in html
    assert "https:" not in html
    assert html == diagnosis_html(page)


def test_the_verdict_comes_first_with_its_change_its_proof_and_what_it_explains(page):
    html = diagnosis_html(page)
    names = ("verdict", "others", "checklist", "training", "layers", "findings", "open", "how")
    places = [html.index(f'id="{name}"') for name in names]
    assert places == sorted(places)
    said = words(html[: places[1]])
    for part in (
        "Learning rate too high",
        "The likeliest of 3 causes; it explains 1 more finding.",
        "At a learning rate of 1.0 the loss rises",
        "measured 0.41, threshold 0.1, better rate 0.01, rule D14",
        "about 97 % sure",
        "lr=0.01) # was 1.0",
        "accuracy 0.098 → 0.914, +81.6 points (+79.0 to +84.0)",
        "it worked",
        "no proof",
        "Units that never fire",
    ):
        assert part in said, part


def test_every_part_is_told_once(page):
    html = diagnosis_html(page)
    said = words(html)
    assert "there is no validation data drift; shortcuts" in said
    assert "softmax applied twice; labels out of range" in said
    assert "41 rules could judge this training; 2 found nothing. It took 21 s" in said
    findings = html[html.index('id="findings"') : html.index('id="open"')]
    assert words(findings).count("Units that never fire") == 1  # explained by two causes, listed once
    assert 'class="named"' in html
    assert "93 %" in said


def test_a_healthy_training_has_a_page_too(page):
    bare = replace(page, verdicts=(), curves=(), layers=(), not_judged=(), clean=(), timings={}, facts=(), checklist=())
    assert "Nothing is wrong with this training" in words(diagnosis_html(bare))
    mild = replace(page, verdicts=(VerdictSection(root=rate(severity=0.1)),))
    assert headline(mild) == "Nothing that matters is wrong with this training"


def test_a_proof_without_figures_gives_its_reason():
    assert (
        worth(tried(before=None, after=None, note="the corrected training failed")) == "the corrected training failed"
    )
    assert worth(tried(before=None)) == "accuracy 0.914; as it was, it could not be trained"
    smaller = tried(unit="target", metric_title="RMSE", before=12.0, after=3.0, gain=9.0, low=8, high=10)
    assert worth(smaller) == "RMSE 12 → 3, +9 (+8 to +10)"


@pytest.mark.parametrize(
    "plot",
    [
        Plot(title="", x="", y="", lines=()),
        Plot(title="t", x="x", y="y", lines=(Line(name="a", x=(0, 1), y=(math.nan, math.inf)),)),
        Plot(title="t", x="x", y="y", lines=(Line(name="_a$b$", x=(0, 1, 2), y=(1.0, math.nan, 0.0)),), log_y=True),
        Plot(title="t", x="x", y="y", lines=(Line(name="a", x=("p", "q"), y=(1e-9, 1e9)),), log_y=True, threshold=0.0),
        Plot(
            title="t", x="x", y="y", lines=(Line(name="", x=tuple(range(5000)), y=(1.0,) * 5000),) * 20, threshold=9.0
        ),
    ],
    ids=["no lines", "nothing finite", "gap and zero on a logarithm", "bars", "many"],
)
def test_any_plot_is_drawn_or_left_out(plot):
    drawn = str(evidence.draw(plot))
    assert drawn == "" or drawn.startswith("<img")
    assert (drawn == "") == (not any(math.isfinite(y) for line in plot.lines for y in line.y))
