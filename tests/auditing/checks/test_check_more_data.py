"""What more examples would bring: a hard problem gains, an easy one does not, and time is respected."""

import numpy as np
import pandas as pd
import pytest

from whet.auditing.checks import more_data
from whet.auditing.checks.more_data import MoreData
from whet.auditing.learning_curve import LearningCurve, Trained, learning_curve
from whet.auditing.opening import open_inspection
from whet.auditing.stopwatch import Stopwatch
from whet.errors import CannotJudgeError, ConfigError


def texts(num, seed=0, vocabulary=400):
    """Every word leans to one class, so that each text with new words teaches something."""
    rng = np.random.default_rng(seed)
    lean = rng.normal(size=vocabulary)
    words = rng.integers(0, vocabulary, (num, 12))
    score = lean[words].sum(axis=1) + rng.normal(size=num)
    frame = pd.DataFrame({"t": [" ".join(f"w{w}" for w in row) for row in words]})
    return frame.assign(label=np.where(score > 0, "good", "bad"))


def opened(frame, **settings):
    return open_inspection(frame, target="label", types={"t": "text"}, **settings)


def drawn_curve(exponent):
    """A curve 0.05 + 3 n^-exponent without noise, class "bad" rising most, in place of trainings."""

    def curve(inspection, plan, *, num_parts=1):
        trained = []
        for share, seeds in plan:
            size = round(share * len(inspection.data))
            hits = np.array([60 + round(20 * share), 70])
            trained += [
                Trained(share=share, part=0, size=size, loss=0.05 + 3 * size**-exponent, hits=hits)
                for _ in range(seeds)
            ]
        return LearningCurve(trained=tuple(trained), class_sizes=np.array([[100, 100]]), num_held=200, guessing=0.5)

    return curve


def test_a_curve_that_still_rises_promises_a_gain_with_its_interval(monkeypatch):
    monkeypatch.setattr(more_data, "learning_curve", drawn_curve(0.5))
    (finding,) = MoreData().check(opened(texts(900)))
    gain = 3 * (900**-0.5 - 1_800**-0.5)
    assert finding.cost.meaning == "gain"
    assert 0 < finding.cost.low < gain < finding.cost.high
    assert finding.cost.value == pytest.approx(gain, abs=0.01)  # a point, which is what is promised
    assert "2 times the examples would bring" in finding.statement
    assert "'bad' next" in finding.advice


def test_a_gain_within_the_error_of_forecasts_is_silent(monkeypatch):
    monkeypatch.setattr(more_data, "learning_curve", drawn_curve(0.8))
    assert list(MoreData().check(opened(texts(900)))) == []


def test_real_trainings_cover_every_size_with_every_class():
    curve = learning_curve(opened(texts(400)), ((0.25, 2), (0.5, 1), (1.0, 1)), num_parts=2)
    points = curve.points()
    assert [p.size for p in points] == sorted(p.size for p in points)
    assert len(curve.trained) == 8
    assert curve.class_sizes.sum() == curve.num_held
    assert np.isfinite(curve.recalls(1.0)).all()


def test_what_is_easy_gains_nothing():
    frame = texts(600, vocabulary=6)
    frame["label"] = np.where(frame["t"].str.contains("w0"), "good", "bad")
    assert list(MoreData().check(opened(frame))) == []


def test_time_is_respected():
    watch = Stopwatch(budget_s=1e6)
    inspection = opened(texts(300), stopwatch=watch)
    assert inspection.quick.seconds > 0
    watch.budget_s = watch.elapsed() + 1e-6
    with pytest.raises(CannotJudgeError, match="of the time left may be spent"):
        list(MoreData().check(inspection))


def test_few_examples_cannot_be_judged_and_no_target_is_silent():
    with pytest.raises(CannotJudgeError, match="needs 200 examples"):
        list(MoreData().check(opened(texts(60))))
    assert list(MoreData().check(open_inspection(texts(300)[["t"]], types={"t": "text"}))) == []


def test_bad_settings_are_refused():
    with pytest.raises(ConfigError, match="factor must be in"):
        MoreData(factor=8.0)
