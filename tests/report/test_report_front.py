"""The front of what could have been handed over, and the sentence on the fast model."""

from conftest import make_data
from whet.report.page import page
from whet.report.plots.front import draw, front_of
from whet.report.wording import fast_sentence


def row(name, score, ms, size, **marks):
    return {
        "name": name,
        "score": score,
        "latency_ms": {"1": ms, "64": ms / 8},
        "size_bytes": size,
        "fits": True,
        "chosen": False,
        "on_front": True,
        **marks,
    }


FRONT = [row("ensemble", 0.95, 20.0, 5_000_000, chosen=True), row("<b>one</b>", 0.9, 2.0, 400_000, fits=False)]
FAST = {
    "name": "distilled: mlp",
    "teacher": "ensemble of 3",
    "test": {"score": 0.93, "low": 0.9, "high": 0.96, "n": 100, "opened": 1},
    "difference": {"gain": -0.01, "low": -0.02, "high": 0.004},
    "latency_ms": {"1": 2.0, "64": 0.1},
    "size_bytes": 400_000,
    "teacher_latency_ms": {"1": 20.0, "64": 1.0},
    "teacher_size_bytes": 5_000_000,
}


def test_the_front_is_what_nothing_beats():
    assert front_of([3.0, 1.0, 2.0, 2.0], [0.9, 0.5, 0.4, 0.7]) == [1, 3, 0]


def test_the_page_lists_candidates_and_escapes_their_names():
    html = page(make_data(front=FRONT, limits={"latency_s": 0.005, "size_bytes": 10**6}))
    assert "What could have been handed over" in html
    assert "&lt;b&gt;one&lt;/b&gt;" in html
    assert "over the limit" in html
    assert "5.0 MB" in html


def test_the_plot_needs_two_candidates():
    assert draw(make_data(front=FRONT[:1])) == ""
    assert "png" in draw(make_data(front=FRONT, limits={"latency_s": 0.005}))
    assert "png" in draw(make_data(front=FRONT))


def test_the_fast_model_is_told_with_its_cost_in_points_and_its_gain_in_time():
    said = fast_sentence(make_data(fast=FAST))
    for part in ("2 ms instead of 20 ms", "10 times as fast", "400 kB", "−1.0 point", "ensemble of 3"):
        assert part in said
    assert fast_sentence(make_data()) == ""
    assert "One fast model" not in page(make_data())
