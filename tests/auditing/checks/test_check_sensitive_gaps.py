"""Gaps between groups of people: planted ones are found with their direction, equal treatment is silent."""

import numpy as np
import pandas as pd
import pytest
from quick_stand_in import told, with_told

from whet.auditing.checks.sensitive_gaps import SensitiveGaps
from whet.auditing.opening import open_inspection
from whet.auditing.slices.group_rates import frame_of
from whet.errors import CannotJudgeError, ConfigError


def people(rate, seed=0, num=1_500, sensitive=("sex",)):
    """``rate``: share of wrong answers for women."""
    rng = np.random.default_rng(seed)
    sex = rng.choice(["F", "M"], num)
    frame = pd.DataFrame(
        {"x": rng.normal(size=num), "sex": sex, "age": rng.integers(18, 70, num), "got": rng.choice(["no", "yes"], num)}
    )
    inspection = open_inspection(frame, target="got", sensitive=sensitive)
    wrong = rng.random(num) < np.where(sex == "F", rate, 0.1)
    return with_told(inspection, told(inspection.truth, 2, wrong, rng)), sex


def test_a_planted_gap_is_found_for_the_group_that_suffers():
    inspection, sex = people(0.4)
    (finding,) = SensitiveGaps().check(inspection)
    assert finding.column == "sex"
    assert "'F'" in finding.evidence["rule"]
    assert set(sex[list(finding.rows)]) == {"F"}
    assert finding.severity >= 0.3
    assert finding.evidence["shares"]["F"] == pytest.approx((sex == "F").mean())


def test_severity_follows_the_low_end_of_the_gap():
    small, large = (next(iter(SensitiveGaps().check(people(rate)[0]))).severity for rate in (0.25, 0.5))
    assert small < large


@pytest.mark.parametrize("seed", range(6))
def test_equal_treatment_is_silent(seed):
    inspection, _ = people(0.1, seed=seed, sensitive=("sex", "age"))
    assert list(SensitiveGaps().check(inspection)) == []


def test_numbers_fall_into_quarters_and_small_groups_are_named():
    inspection, _ = people(0.1, sensitive=("age", "sex"))
    table = inspection.train.raw.table
    ages = table.column("age").to_numpy()
    young = ages <= np.quantile(ages, 0.25)
    scores = inspection.quick.scores.copy()
    scores[young] = scores[young][:, ::-1]  # wrong where it was right
    (finding,) = SensitiveGaps().check(with_told(inspection, scores))
    assert finding.evidence["rule"].split("of ")[1].startswith("'18 to ")
    frame = pd.DataFrame({"x": np.arange(90.0), "race": ["A"] * 80 + ["B"] * 10, "got": ["no", "yes"] * 45})
    small = open_inspection(frame, target="got", sensitive=("race",))
    rng = np.random.default_rng(0)
    (told_small,) = SensitiveGaps().check(with_told(small, told(small.truth, 2, rng.random(90) < 0.1, rng)))
    assert "'B' (10)" in told_small.statement
    assert told_small.level == "slight"


def test_rates_equal_plain_counting():
    truth, said = np.array([0, 0, 1, 1, 1, 0]), np.array([0, 1, 1, 0, 1, 0])
    groups = np.array(["a", "a", "a", "b", "b", "b"], dtype=object)
    frame = frame_of(truth, said, groups, kind="two")
    assert frame.loc["a"].tolist() == pytest.approx([3, 2 / 3, 2 / 3, 1.0, 0.5])
    assert frame.loc["b"].tolist() == pytest.approx([3, 2 / 3, 1 / 3, 0.5, 0.0])


def test_a_number_shows_bias_of_a_group():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": rng.normal(size=800), "sex": rng.choice(["F", "M"], 800), "pay": rng.normal(size=800)})
    inspection = open_inspection(frame, target="pay", sensitive=("sex",))
    scores = inspection.truth + rng.normal(size=800) - np.where(frame["sex"] == "F", 1.0, 0.0)
    (finding,) = SensitiveGaps().check(with_told(inspection, scores[:, None]))
    assert "bias of 'F'" in finding.statement or "bias of 'M'" in finding.statement


def test_nothing_named_is_silent_and_no_target_is_said():
    inspection, _ = people(0.4, sensitive=())
    assert list(SensitiveGaps().check(inspection)) == []
    lone = open_inspection(pd.DataFrame({"sex": ["F", "M"] * 20, "x": np.arange(40.0)}), sensitive=("sex",))
    with pytest.raises(CannotJudgeError, match="need a target"):
        list(SensitiveGaps().check(lone))


def test_bad_settings_are_refused():
    with pytest.raises(ConfigError, match="gap and ratio"):
        SensitiveGaps(gap=1.5)
