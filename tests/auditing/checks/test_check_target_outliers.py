"""Targets gone wrong by a unit or a sign are found and named; heavy tails are not."""

import numpy as np
import pandas as pd
import pytest
from light_quick import light_quick  # noqa: F401  (a fixture)

from whet.auditing.checks.target_outliers import TargetOutliers
from whet.auditing.opening import open_inspection


def prices(num=1_000, seed=0, tail=None):
    rng = np.random.default_rng(seed)
    size, rooms, age = rng.gamma(4, 25, num), rng.integers(1, 7, num), rng.uniform(0, 80, num)
    noise = rng.normal(size=num) if tail is None else rng.standard_t(tail, size=num)
    return pd.DataFrame(
        {"size": size, "rooms": rooms, "age": age, "price": (50 + size + 9 * rooms) * np.exp(0.1 * noise)}
    )


def found(frame, check=None, target="price"):
    return list((check or TargetOutliers()).check(open_inspection(frame, target=target)))


@pytest.mark.parametrize(("factor", "how"), [(1000.0, "1,000 times too large"), (0.01, "100 times too small")])
@pytest.mark.parametrize("count", [10, 50])
def test_a_unit_gone_wrong_is_found_and_named(factor, how, count):
    frame = prices()
    wrong = np.sort(np.random.default_rng(1).choice(1_000, count, replace=False))
    frame.loc[wrong, "price"] *= factor
    (finding,) = found(frame)
    assert np.isin(wrong, finding.rows).mean() > 0.9
    assert np.isin(finding.rows, wrong).mean() > 0.9
    assert how in finding.statement
    (edit,) = finding.edits
    assert edit.action == "set_values"
    assert not edit.certain
    assert finding.level == ("severe" if factor > 1 else finding.level)


def test_a_lost_sign_is_named():
    frame = prices()
    frame.loc[:9, "price"] *= -1
    (finding,) = found(frame)
    assert set(range(10)) <= set(finding.rows)
    assert "as if their sign were wrong" in finding.statement


def test_the_review_has_the_mended_value():
    frame = prices()
    right = frame["price"].to_numpy().copy()
    frame.loc[:19, "price"] *= 1000
    (finding,) = found(frame)
    (edit,) = finding.edits
    mended = np.array([float(v) for v in edit.values])
    assert np.allclose(mended, right[list(edit.rows)], rtol=1e-6)


@pytest.mark.parametrize("tail", [None, 3, 1.5])
def test_clean_targets_are_silent_whatever_their_tail(tail):
    assert found(prices(tail=tail)) == []


def test_settings_change_the_outcome_and_classes_are_silent():
    frame = prices()
    frame.loc[:9, "price"] *= 1000
    assert found(frame, TargetOutliers(least=1e6)) == []
    kinds = frame.assign(price=np.where(frame["price"] > 200, "dear", "cheap"))
    assert found(kinds) == []
