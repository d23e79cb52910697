"""Limits on latency and size: the best that fits is handed over, and what is told of it is what lies on the disk."""

import json
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

import whet
from whet.budget import parse_latency, parse_size
from whet.errors import ConfigError
from whet.evaluation.blend import Blend
from whet.improving.candidate import Candidate
from whet.improving.costs import Costs, folder_bytes
from whet.improving.handover import alone, pooled
from whet.improving.options import Options
from whet.improving.weighing_up import front_rows


@pytest.mark.parametrize(
    ("text", "seconds"), [("5ms", 0.005), ("200us", 0.0002), ("0.1s", 0.1), ("1.5 ms", 0.0015), (2, 2.0)]
)
def test_latencies_are_read(text, seconds):
    assert parse_latency(text) == seconds


@pytest.mark.parametrize(("text", "size"), [("5MB", 5_000_000), ("300kB", 300_000), ("1KiB", 1024), (7, 7)])
def test_sizes_are_read(text, size):
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["5", "5m", "fast", "", "-5ms", "0ms"])
def test_what_is_no_latency_is_refused_with_an_example(text):
    with pytest.raises(ConfigError, match="5ms"):
        parse_latency(text)


@pytest.mark.parametrize("text", ["5", "5mm", "small", "0MB"])
def test_what_is_no_size_is_refused_with_an_example(text):
    with pytest.raises(ConfigError, match="5MB"):
        parse_size(text)


def test_limits_must_be_positive():
    with pytest.raises(ConfigError, match="max_latency_s"):
        Options(max_latency_s=0.0)
    with pytest.raises(ConfigError, match="max_size_bytes"):
        Options(max_size_bytes=0)


@dataclass
class StandIn:
    title: str
    scores: np.ndarray

    @property
    def key(self):
        return self.title


def candidate(name, score, latency, size):
    handover = alone(StandIn(name, np.array([[1.0]])))
    costs = Costs(latency_ms={1: latency, 64: latency / 4}, size_bytes=size)
    return Candidate(name=name, handover=handover, score=score, costs=costs, fits=True)


def test_the_front_holds_what_nothing_beats_and_marks_what_is_handed_over():
    best, quick = candidate("best", 0.9, 10.0, 100), candidate("quick", 0.8, 1.0, 100)
    beaten, small = candidate("beaten", 0.79, 2.0, 100), candidate("small", 0.7, 5.0, 10)
    rows = front_rows([best, quick, beaten, small], best.handover, higher_is_better=True)
    assert {row["name"] for row in rows if row["on_front"]} == {"best", "quick", "small"}
    assert [row["name"] for row in rows if row["chosen"]] == ["best"]
    upside_down = front_rows([best, quick, beaten, small], best.handover, higher_is_better=False)
    assert {row["name"] for row in upside_down if row["on_front"]} == {"quick", "beaten", "small"}


def test_a_handover_blends_what_its_members_say():
    trials = [StandIn("a", np.array([[0.2, 0.8]])), StandIn("b", np.array([[0.6, 0.4]]))]
    from whet.improving.trials import Weighted

    handover = pooled([Weighted(trial=t, weight=0.5) for t in trials], Blend(weights=()))
    assert np.allclose(handover.scores, [[0.4, 0.6]])


@pytest.fixture(scope="module")
def small_run(tmp_path_factory):
    """A run with a limit on the size that the ensemble of cross-validated models does not keep."""
    folder = tmp_path_factory.mktemp("limited")
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 120))
    frame = pd.DataFrame({"a": a, "b": b, "answer": np.where(a + b + 0.4 * rng.normal(size=120) > 0, "yes", "no")})
    frame.to_csv(folder / "train.csv", index=False)
    said = []

    from whet.improving.observer import Observer

    class Ear(Observer):
        def say(self, message):
            said.append(message)

    run = whet.improve(
        folder / "train.csv",
        target="answer",
        budget=None,
        epochs=1,
        out=folder / "run",
        max_size_bytes=40_000,
        max_latency_s=0.5,
        observer=Ear(),
    )
    return run, said


def test_a_model_within_the_limits_is_handed_over_and_the_summary_says_its_costs(small_run):
    run, _ = small_run
    costs = run.summary["costs"]
    assert costs["fits"]
    assert folder_bytes(run.path / "model") <= 40_000
    assert costs["size_bytes"] <= 40_000
    assert set(costs["latency_ms"]) == {"1", "64"}
    assert costs["latency_ms"]["1"] <= 500


def test_the_report_has_the_front_and_one_of_it_is_handed_over(small_run):
    run, _ = small_run
    data = json.loads((run.path / "report.json").read_text())
    assert sum(row["chosen"] for row in data["front"]) == 1
    assert any(row["on_front"] for row in data["front"])
    assert "What could have been handed over" in run.report.read_text()
