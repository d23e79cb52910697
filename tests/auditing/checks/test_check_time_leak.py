"""Training on the future."""

import numpy as np
import pandas as pd

from whet.auditing.checks.time_leak import TimeLeak
from whet.auditing.opening import open_inspection

DEFAULT = TimeLeak()


def frame(num=400, trend=1.0):
    rng = np.random.default_rng(0)
    days = pd.date_range("2022-01-01", periods=num, freq="D")
    load = trend * np.arange(num) / num + 0.2 * rng.normal(size=num)
    return pd.DataFrame({"day": days.strftime("%Y-%m-%d"), "a": rng.normal(size=num), "load": load})


def found(train, test=None, check=DEFAULT, **options):
    return list(check.check(open_inspection(train, test=test, target="load", **options)))


def split(data, at_random):
    order = np.random.default_rng(1).permutation(len(data)) if at_random else np.arange(len(data))
    cut = int(0.7 * len(data))
    return data.iloc[np.sort(order[:cut])], data.iloc[np.sort(order[cut:])]


def test_a_random_split_over_a_declared_trend_is_severe():
    (finding,) = found(*split(frame(), at_random=True), time="day")
    assert finding.level == "severe"
    assert finding.part == "test"
    assert finding.count == len(finding.rows) > 100


def test_a_split_in_order_of_time_is_silent():
    assert found(*split(frame(), at_random=False), time="day") == []
    assert found(*split(frame(), at_random=False)) == []


def test_dates_that_nobody_declared_are_at_most_moderate():
    (finding,) = found(*split(frame(), at_random=True))
    assert finding.level == "moderate"


def test_without_a_trend_undeclared_dates_are_silent():
    assert found(*split(frame(trend=0.0), at_random=True)) == []
    assert found(frame(trend=0.0)) == []


def test_a_trend_without_a_test_part_suggests_to_declare_the_time():
    (finding,) = found(frame())
    assert "--time day" in finding.advice
    assert found(frame(), time="day") == []


def test_the_line_can_be_moved():
    assert found(frame(), check=TimeLeak(strong=1.1)) == []
