"""What every check keeps to, on small clean data of each kind."""

import dataclasses
import inspect

import numpy as np
import pandas as pd
import pytest

import whet.auditing.checks  # noqa: F401  (registers them)
from whet.auditing.check import checks
from whet.auditing.opening import open_inspection
from whet.auditing.stopwatch import Stopwatch
from whet.errors import CannotJudgeError
from whet.finding import SEVERE

NAMES = list(checks)
BEDS = ("classes", "number", "texts", "pictures", "series", "unlabelled")


def table(num=240):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "age": rng.integers(18, 80, num),
            "spend": rng.gamma(4, 100, num).round(2),
            "city": rng.choice(["Rome", "Oslo", "Bonn"], num),
        }
    )
    return frame.assign(left=np.where(frame["age"] + rng.normal(0, 8, num) > 48, "yes", "no"))


def texts(num=240):
    rng = np.random.default_rng(1)
    words = {"sport": "goal team match player coach", "food": "soup bread salt oven plate"}
    shared = [f"{c}{v}{d}" for c in "bdfglmnprst" for v in "aeiou" for d in "nrst"]
    labels = rng.choice(sorted(words), num)
    lines = [" ".join([*rng.choice(words[label].split(), 2), *rng.choice(shared, 7)]) for label in labels]
    return pd.DataFrame({"text": lines, "label": labels})


def pictures(num=160):
    rng = np.random.default_rng(2)
    labels = np.arange(num) % 2
    y, x = np.mgrid[0:16, 0:16]
    phase = rng.uniform(0, 6.28, (num, 1, 1))
    wave = np.where(labels[:, None, None] == 0, np.sin(x / 2 + phase), np.sin(y / 2 + phase))
    pixels = 128 + 60 * wave * rng.uniform(0.6, 1.2, (num, 1, 1)) + rng.normal(0, 14, (num, 16, 16))
    return np.clip(pixels, 0, 255).astype(np.uint8), np.array(["rows", "columns"], dtype=object)[labels]


def series(num=160):
    rng = np.random.default_rng(3)
    labels = np.arange(num) % 2
    phase = rng.uniform(0, 6.28, (num, 1))
    values = np.sin(np.linspace(0, 12, 60)[None] * np.where(labels[:, None] == 0, 1, 2) + phase)
    noisy = (values + rng.normal(0, 0.2, values.shape))[:, None, :]
    return noisy.astype(np.float32), np.array(["slow", "fast"], dtype=object)[labels]


@pytest.fixture(scope="module")
def beds():
    def opened(source, **settings):
        return open_inspection(source, stopwatch=Stopwatch(budget_s=20.0), **settings)

    return {
        "classes": opened(table(), target="left", test=table(120)),
        "number": opened(table().drop(columns="left"), target="spend"),
        "texts": opened(texts(), target="label"),
        "pictures": opened(pictures()),
        "series": opened(series()),
        "unlabelled": opened(table().drop(columns="left"), sensitive=("city",)),
    }


@pytest.mark.parametrize("name", NAMES)
def test_a_check_is_a_frozen_dataclass_that_says_what_it_does(name):
    check = checks[name]
    assert dataclasses.is_dataclass(check)
    with pytest.raises(dataclasses.FrozenInstanceError):
        check.title = "another"
    assert check.title
    assert check.effort in (0, 1, 2, 3)
    module = inspect.getmodule(type(check))
    assert module.__name__.rsplit(".", 1)[1] == name
    assert len(module.__doc__ or "") > 60


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("bed", BEDS)
def test_a_check_gives_sound_findings_and_calls_no_clean_data_severe(name, bed, beds):
    inspection = beds[bed]
    known = {"train": set(inspection.data.rows.tolist())}
    if inspection.test is not None:
        known["test"] = set(inspection.test.data.rows.tolist())
    try:
        found = list(checks[name].check(inspection))
    except CannotJudgeError as reason:
        assert str(reason)  # noqa: PT017  (a reason is a legitimate outcome)
        return
    for finding in found:
        assert finding.symptom == name
        assert 0.0 <= finding.severity <= 1.0
        assert finding.statement.endswith((".", "!", "?"))
        assert set(finding.rows) <= known[finding.part] or name == "set_aside"
        assert finding.confidence is None or 0.0 <= finding.confidence <= 1.0
        if finding.cost is not None:
            assert finding.cost.low <= finding.cost.value <= finding.cost.high
    assert not [f.statement for f in found if f.severity >= SEVERE]


@pytest.mark.parametrize("name", NAMES)
def test_a_check_says_the_same_twice(name, beds):
    def said():
        try:
            return [f.statement for f in checks[name].check(beds["texts"])]
        except CannotJudgeError as reason:
            return str(reason)

    assert said() == said()
