from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

import whet.training.speed_nets as speed_nets
from whet.data.inputs import DensePart, Inputs, InputSpec
from whet.data.kinds import Modality
from whet.training.speed_bench import CLOSE, bench_speed
from whet.training.speed_limits import measure_limits
from whet.training.speed_nets import BenchNet, bench_nets


def tiny():
    rows = np.arange(64)
    parts = {"numbers": DensePart(np.zeros((64, 4), np.float32), rows)}
    parts["categories"] = DensePart(np.zeros((64, 0), np.int64), rows)
    return BenchNet(
        title="tiny",
        unit="rows",
        architecture="mlp",
        settings={"width": 8, "bins": 2},
        spec=InputSpec(modality=Modality.TABLE, num_numbers=4),
        inputs=lambda count: Inputs(parts).take(rows[:count]),
        batches=(8, 16),
    )


@pytest.fixture
def report(monkeypatch):
    return bench_speed("tiny", tiny(), budget_s=0.3, threads=[1], side=32)


def test_every_setting_is_timed_and_one_of_each_batch_size_is_the_trainers(report):
    settings = {(r.precision, r.channels_last, r.num_threads, r.batch_size) for r in report.rows}
    assert settings == {(p, True, 1, b) for p in ("float32", "bfloat16") for b in (8, 16)}
    assert all(row.step_s > 0 and row.share_of_limit > 0 for row in report.rows)
    assert all(row.per_s == pytest.approx(row.batch_size / row.step_s) for row in report.rows)
    assert sorted(row.batch_size for row in report.rows if row.is_chosen) == [8, 16]


def test_the_choice_is_compared_with_the_fastest_of_its_batch_size(report):
    for size, ratio in report.ratios.items():
        steps = {row.is_chosen: row.step_s for row in reversed(report.rows) if row.batch_size == size}
        assert ratio >= 1.0
        assert ratio == pytest.approx(max(1.0, steps[True] / min(steps.values())))
    assert report.is_close == all(ratio <= CLOSE for ratio in report.ratios.values())


def test_the_report_survives_json(report):
    found = json.loads(json.dumps(report.to_dict()))
    assert found["version"] == 1
    assert {"net", "unit", "limits", "rows", "choice_over_best", "goal", "is_close", "seconds"} <= set(found)
    assert {limit["precision"] for limit in found["limits"]} == {"float32", "bfloat16"}
    assert all(limit["operations_per_s"] > 0 and limit["bytes_per_s"] > 0 for limit in found["limits"])


def test_a_setting_that_cannot_run_is_a_row_with_its_error(monkeypatch):
    import whet.training.speed_bench as room

    real = room.throw_away_steps

    def without_bfloat16(*args, **kwargs):
        stepping = real(*args, **kwargs)

        def refusing(speed):
            if speed.precision == "bfloat16":
                raise RuntimeError("no bfloat16 form")
            return stepping(speed)

        return refusing

    monkeypatch.setattr(room, "throw_away_steps", without_bfloat16)
    rows = bench_speed("tiny", tiny(), budget_s=0.1, threads=[1], side=32).rows
    assert {row.error for row in rows if row.precision == "bfloat16"} == {"no bfloat16 form"}
    assert all(row.error is None for row in rows if row.precision == "float32")


def test_limits_are_measured_for_each_number_of_threads():
    limits = measure_limits([1], budget_s=0.02, side=16, copied=1000)
    assert set(limits.operations) == {("float32", 1), ("bfloat16", 1)}
    assert set(limits.bandwidth) == {1}


def test_every_named_network_takes_a_step():
    for net in bench_nets().values():
        ready = net.prepared(4)
        assert ready.model(ready.train.batch(np.arange(4))).shape == (4, 10)


def test_the_command_prints_one_complete_document(monkeypatch):
    from whet.cli.main import app

    monkeypatch.setattr(speed_nets, "bench_nets", lambda: {"small": replace(tiny(), batches=(8,))})
    result = CliRunner().invoke(app, ["bench", "speed", "--net", "small", "--budget", "1s", "--json"])
    found = json.loads(result.stdout)
    assert result.exit_code == (0 if found["is_close"] else 1)
    assert found["net"] == "small"
    assert len(found["rows"]) >= 2


@pytest.mark.parametrize(
    ("option", "value", "message"), [("--net", "nothing", "not known"), ("--budget", "0s", "1s to 1h")]
)
def test_bad_options_are_refused_in_words(option, value, message):
    from whet.cli.main import app

    result = CliRunner().invoke(app, ["bench", "speed", option, value])
    assert message in str(result.exception)
