"""The page's examples are those of the findings: pictures, texts, values, lines, pairs across both parts."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from whet.auditing.audit import run_checks
from whet.auditing.opening import open_inspection
from whet.auditing.telling import page_of, write_page
from whet.finding import Example, Finding


def told(inspection, **finding):
    given = {"symptom": "invented", "severity": 0.5, "statement": "Invented.", "count": 2}
    audit = replace(run_checks(inspection, only=[]), findings=(Finding(**{**given, **finding}),))
    return page_of(audit, inspection)


def sides(page):
    return [side for case in page.sections[0].cases for side in case.sides]


def frame(num=60, seed=0):
    rng = np.random.default_rng(seed)
    age, city = rng.integers(1, 90, num), rng.choice(["Ulm", "Bonn"], num)
    return pd.DataFrame({"city": city, "age": age, "label": np.where(age + rng.normal(0, 9, num) > 40, "old", "new")})


def test_the_columns_concerned_come_first_and_the_label_is_shown():
    data = frame()
    (side,) = sides(told(open_inspection(data, target="label"), column="age", rows=(7,)))
    assert side.values == (("age", str(data["age"][7])), ("city", data["city"][7]))
    assert side.num_concerned == 1
    assert side.label == data["label"][7]
    assert side.where == "row 7"


def test_a_missing_cell_is_said_to_be_missing():
    data = frame()
    data.loc[3, "city"] = None
    (side,) = sides(told(open_inspection(data, target="label"), column="city", rows=(3,)))
    assert side.values[0] == ("city", "(missing)")


def test_a_row_that_was_set_aside_is_still_told_from_the_source():
    data = frame()
    data.loc[3, "label"] = None
    (side,) = sides(told(open_inspection(data, target="label"), rows=(3,)))
    assert side.label == "(missing)"
    assert dict(side.values)["age"] == str(data["age"][3])


def test_a_pair_across_the_parts_shows_both_and_says_which_is_the_test():
    inspection = open_inspection(frame(), target="label", test=frame(seed=1))
    page = told(inspection, examples=(Example(where="row 2", row=2, partner=5, partner_part="test"),))
    assert [side.where for side in sides(page)] == ["row 2", "test: row 5"]
    assert sides(page)[1].label == frame(seed=1)["label"][5]


def test_pictures_are_shrunk_and_named_by_their_file(tmp_path):
    for i in range(24):
        (tmp_path / "ab"[i % 2]).mkdir(exist_ok=True)
        pixels = np.random.default_rng(i).integers(0, 255, (120, 120, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / "ab"[i % 2] / f"{i}.png")
    inspection = open_inspection(tmp_path)
    page = told(inspection, examples=(Example(where="a/0.png", row=0, partner=13),))
    assert all(side.picture.startswith("data:image/png;base64,") for side in sides(page))
    assert [side.where for side in sides(page)] == ["a/0.png", "b/11.png"]


def test_texts_are_cut_and_series_keep_their_peaks():
    texts = pd.DataFrame({"text": [f"{i} " + "words " * 200 for i in range(40)], "label": ["a", "b"] * 20})
    (side,) = sides(told(open_inspection(texts, target="label"), rows=(4,)))
    assert side.text.startswith("4 words")
    assert len(side.text) == 300
    series = np.random.default_rng(0).normal(0, 0.1, (40, 1, 2000)).astype(np.float32)
    series[4, 0, 777] = 50.0
    (side,) = sides(told(open_inspection((series, np.arange(40) % 2), task="series_classification"), rows=(4,)))
    assert max(side.lines[0]) == 50.0
    assert len(side.lines[0]) <= 230


@pytest.mark.parametrize("target", ["label", None])
def test_an_audit_without_findings_has_a_page(tmp_path, target):
    inspection = open_inspection(frame(), target=target)
    write_page(run_checks(inspection, only=[]), inspection, tmp_path / "audit.html")
    assert "Nothing wrong was found" in (tmp_path / "audit.html").read_text(encoding="utf-8")


def test_long_lists_stay_off_the_page_but_are_counted():
    page = told(open_inspection(frame(), target="label"), rows=tuple(range(60)), count=60, total=60)
    assert len(page.sections[0].cases) == 24
    assert page.sections[0].num_listed == 60
    assert page.sections[0].finding.rows == ()
