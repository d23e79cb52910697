"""One rate is silent; another one is told, more so where it stands for a class."""

import numpy as np
from planted_media import RATE, assert_only, found, labels, opened, opened_sounds, pictures, recordings, rows_of

from whet.auditing.checks.sampling_rates import SamplingRates


def opened_at(folder, rows):
    return opened_sounds(folder, recordings(100), [2 * RATE if i in rows else RATE for i in range(100)])


def test_another_rate_is_slight(tmp_path):
    rows = rows_of(100)
    finding = assert_only(found(SamplingRates(), opened_at(tmp_path, rows)), rows)
    assert finding.level == "slight"
    assert "16,000" in finding.statement


def test_a_rate_that_stands_for_a_class_is_moderate(tmp_path):
    (finding,) = found(SamplingRates(), opened_at(tmp_path, np.flatnonzero(labels(100) == "c")[:12]))
    assert finding.level == "moderate"
    assert "class 'c'" in finding.statement


def test_one_rate_and_pictures_are_silent(tmp_path):
    assert found(SamplingRates(), opened_at(tmp_path, [])) == []
    assert found(SamplingRates(), opened(pictures(60))) == []


def test_the_setting_decides(tmp_path):
    assert found(SamplingRates(share=0.1), opened_at(tmp_path, rows_of(100))) == []
