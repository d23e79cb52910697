from __future__ import annotations

import pytest
from training_world import SETTING, class_target, numbers_dataset, recipe

from whet.recipe import Length
from whet.training import pace
from whet.training.fit import fit
from whet.training.speed import Speed, calibrate
from whet.training.speed_cache import read_speed, write_speed


class Bench:
    """Steps that take as long as ``cost`` says, on a clock of their own."""

    def __init__(self, cost):
        self.cost, self.time, self.measured = cost, 0.0, []

    def now(self):
        return self.time

    def stepping(self, speed):
        self.measured.append(speed)

        def step(number):
            self.time += self.cost(speed) * (10 if number == 0 else 1 + number % 2)

        return step


CHANGES = [{"precision": "bfloat16"}, {"num_threads": 2}, {"channels_last": False}]


def cost(speed):
    """bfloat16 helps, the second thread hurts, contiguous pictures hurt."""
    return 0.01 * (0.4 if speed.precision == "bfloat16" else 1) * speed.num_threads * (1 if speed.channels_last else 2)


def test_the_fastest_setting_is_chosen_and_the_table_kept():
    bench = Bench(cost)
    speed = calibrate(Speed(), CHANGES, bench.stepping, budget_s=10.0, now=bench.now)
    assert speed == Speed(precision="bfloat16")
    assert [row["step_s"] for row in speed.table] == pytest.approx([0.01, 0.004, 0.008, 0.008])
    assert len(speed.table) == 4


def test_measuring_stays_within_its_budget():
    bench = Bench(cost)
    calibrate(Speed(), CHANGES, bench.stepping, budget_s=0.4, now=bench.now)
    assert bench.time <= 0.4
    assert len(bench.measured) < 4


def test_a_measurement_that_was_cut_short_says_when_and_a_whole_one_does_not():
    bench = Bench(cost)
    assert calibrate(Speed(), CHANGES, bench.stepping, budget_s=0.4, now=bench.now).cut_at_s == 0.4
    bench = Bench(cost)
    assert calibrate(Speed(), CHANGES, bench.stepping, budget_s=10.0, now=bench.now).cut_at_s is None


def test_trivial_steps_are_not_worth_measuring():
    bench = Bench(lambda _: 1e-5)
    speed = calibrate(Speed(), CHANGES, bench.stepping, budget_s=10.0, now=bench.now)
    assert len(speed.table) == 1
    assert speed == Speed()


def test_a_setting_that_fails_is_noted_and_left():
    bench = Bench(cost)

    def stepping(speed):
        if speed.precision == "bfloat16":
            raise RuntimeError("not implemented for 'BFloat16'\nmore")
        return bench.stepping(speed)

    speed = calibrate(Speed(), CHANGES, stepping, budget_s=10.0, now=bench.now)
    assert speed.precision == "float32"
    assert speed.table[1]["error"] == "not implemented for 'BFloat16'"


def test_a_cached_speed_comes_back(tmp_path):
    path, speed = tmp_path / "deep" / "speed.json", Speed(precision="bfloat16", table=({"step_s": 0.1},))
    assert read_speed(path, "a") is None
    write_speed(path, "a", speed)
    write_speed(path, "b", Speed())
    found = read_speed(path, "a")
    assert found == speed
    assert found.table == speed.table
    path.write_text("{broken")
    assert read_speed(path, "a") is None


def test_the_second_training_of_a_shape_measures_nothing(tmp_path, monkeypatch):
    from dataclasses import replace

    calls = []
    real = pace.calibrate
    monkeypatch.setattr(pace, "calibrate", lambda *a, **k: calls.append(1) or real(*a, **k))
    setting = replace(SETTING, speed_cache=tmp_path / "speed.json")
    short = recipe(length=Length(seconds=30.0, epochs=0.3))
    for seed in range(2):
        fit(replace(short, seed=seed), class_target(), numbers_dataset(60), None, setting=setting)
    assert len(calls) == 1
    fit(replace(short, batch_size=8), class_target(), numbers_dataset(60), None, setting=setting)
    assert len(calls) == 2


def test_trainings_limited_by_epochs_alone_never_measure(monkeypatch):
    monkeypatch.setattr(pace, "calibrate", None)
    training = fit(recipe(), class_target(), numbers_dataset(60), None, setting=SETTING)
    assert training.speed["precision"] == "float32"
    assert training.speed["table"] == []


def test_what_a_short_training_had_no_time_to_measure_a_long_one_measures(tmp_path, monkeypatch):
    """Else all trainings of a run would go at the pace that its first, of a few seconds, had time to try."""
    from dataclasses import replace

    budgets = []

    def calibrate(fixed, changes, stepping, *, budget_s, now):
        budgets.append(budget_s)
        return replace(fixed, cut_at_s=budget_s if budget_s < 2.0 else None)

    monkeypatch.setattr(pace, "calibrate", calibrate)
    setting = replace(SETTING, speed_cache=tmp_path / "speed.json")
    for seconds in (10.0, 12.0, 40.0, 40.0, 400.0):
        limited = recipe(length=Length(seconds=seconds, epochs=0.3))
        fit(limited, class_target(), numbers_dataset(60), None, setting=setting)
    assert budgets == [1.0, 4.0]
