"""The stored form of a report gives the same report back, and says what is wrong with it."""

import json
from dataclasses import asdict

import pytest

from whet.errors import RunError
from whet.report.data import ReportData


def stored(data):
    return json.loads(json.dumps(asdict(data), allow_nan=False))


def test_json_and_back_gives_an_equal_report(data, number_data):
    assert ReportData.from_dict(stored(data)) == data
    assert ReportData.from_dict(stored(number_data)) == number_data


def test_reading_leaves_what_was_read_as_it_was(data):
    values = stored(data)
    ReportData.from_dict(values)
    assert values == stored(data)


def test_missing_and_unknown_keys_are_told_together(data):
    values = stored(data)
    del values["seed"]
    values["lables"] = []
    with pytest.raises(RunError, match=r"'lables' is not known. Did you mean 'labels'.*'seed' is missing"):
        ReportData.from_dict(values)


def test_faults_inside_a_mistake_name_it(data):
    values = stored(data)
    del values["mistakes"][1]["truth"]
    with pytest.raises(RunError, match=r"mistake 1 of the report data.*'truth' is missing"):
        ReportData.from_dict(values)


def test_reports_of_before_a_field_with_a_default_can_be_read(data):
    values = stored(data)
    del values["stopped"], values["notes"]
    assert ReportData.from_dict(values).stopped is False
