"""Persons on both sides of a split, told by columns and by file names."""

import numpy as np
import pandas as pd
import pytest
from light_quick import light_quick  # noqa: F401
from PIL import Image

from whet.auditing.checks.group_leak import GroupLeak
from whet.auditing.leaks.file_fields import file_fields
from whet.auditing.opening import open_inspection

DEFAULT = GroupLeak()


def visits(seed=0, own=3.0, num=20, each=15):
    """Every patient has a place of their own in the features, and mostly one label; ``own=0``: no patient effect."""
    rng = np.random.default_rng(seed)
    place = own * rng.normal(size=(num, 6))
    person = np.repeat(np.arange(num), each)
    sick = rng.permutation(np.arange(num) % 2)[person] if own else rng.integers(0, 2, num * each)
    sick = np.where(rng.random(len(sick)) < 0.1, 1 - sick, sick)
    values = place[person] + rng.normal(size=(num * each, 6))
    frame = pd.DataFrame(values, columns=[f"x{i}" for i in range(6)])
    frame["patient"] = [f"p{p:02d}" for p in person]
    frame["y"] = np.where(sick == 1, "sick", "well")
    return frame.sample(frac=1, random_state=0, ignore_index=True)


def found(source, test=None, check=DEFAULT, target="y", **options):
    return list(check.check(open_inspection(source, test=test, target=target, **options)))


def test_patients_that_nobody_declared_are_severe_with_the_honest_score():
    (finding,) = found(visits())
    assert (finding.column, finding.level) == ("patient", "severe")
    assert finding.cost is not None
    assert finding.cost.meaning == "flattery"
    assert finding.cost.low > 0


def test_the_clean_twin_is_silent():
    assert found(visits(own=0.0)) == []


def test_columns_that_are_no_groups_are_silent():
    rng = np.random.default_rng(0)
    frame = visits(own=0.0).drop(columns="patient")
    frame["town"] = rng.choice(["north", "south", "east"], len(frame))
    assert found(frame) == []


def test_a_test_part_of_other_patients_is_no_longer_severe():
    frame = visits(num=24)
    others = frame["patient"] >= "p20"
    (finding,) = found(frame[~others], frame[others])
    assert finding.level == "moderate"
    assert "0 of" in finding.statement


def test_declared_groups_are_taken_at_their_word():
    frame = visits()
    assert found(frame, group="patient") == []
    others = frame["patient"] >= "p15"
    assert found(frame[~others], frame[others], group="patient") == []
    (finding,) = found(frame.iloc[:200], frame.iloc[200:], group="patient")
    assert finding.level == "severe"
    assert finding.part == "test"
    assert finding.count == len(finding.rows) > 0


def folder_of_faces(root, own):
    """Each person has a picture of their own under a weak mark of the class: top brighter or darker."""
    rng = np.random.default_rng(0)
    for kind in ("happy", "sad"):
        (root / kind).mkdir()
    for person in range(8):
        face = own * rng.normal(size=(16, 16, 1))
        for shot in range(16):
            kind = ("happy", "sad")[shot % 2]
            mark = np.zeros((16, 16, 1))
            mark[:8] += 4 if kind == "happy" else -4
            pixels = np.clip(128 + face + mark + 6 * rng.normal(size=(16, 16, 3)), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(root / kind / f"person{person:02d}_shot{shot:02d}.png")
    return root


@pytest.mark.parametrize("own", [25.0, 0.0])
def test_persons_are_read_from_file_names(tmp_path, own):
    check = GroupLeak(alike=0.5)
    findings = found(folder_of_faces(tmp_path, own), check=check, target=None)
    assert bool(findings) == (own > 0)
    if findings:
        assert findings[0].statement.startswith("Part 2 of the file name names 8 groups")
        assert findings[0].severity >= 0.3


def test_the_line_can_be_moved():
    assert found(visits(), check=GroupLeak(lift=1.1)) == []


def test_file_names_fall_into_their_parts():
    names = [f"ward{w}/patient_{p:02d}_img{i}.png" for w in (1, 2) for p in range(3) for i in range(2)]
    fields = file_fields([f"cat/{n}" for n in names], has_class_folder=True)
    assert sorted(set(fields["part 2 of the file name"])) == ["00", "01", "02"]
    assert sorted(set(fields["folder 1 of the path"])) == ["ward1", "ward2"]
    assert "part 1 of the file name" not in fields
