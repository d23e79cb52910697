"""The whole comparison: same limit, same folds, same seeds; failures are rows; the sealed test stays sealed."""

import json

import numpy as np
import pandas as pd
import pytest
from torch import nn

from whet.comparing.api import compare
from whet.data.kinds import Modality
from whet.errors import ConfigError, DataError, RunError
from whet.ledger.sealed import SealedTest
from whet.models.architecture import Architecture, architectures
from whet.recipe import Length, Optimiser, Recipe


class Small(Architecture):
    """One hidden layer over the numbers."""

    modality = Modality.TABLE
    parts = ("numbers",)
    families = ("rnn", "lstm")

    def __init__(self, spec, num_outputs, *, width=8, breaks=False):
        super().__init__()
        self.breaks = breaks
        self.body = nn.Linear(spec.num_numbers, width)
        self.head = nn.Linear(width, num_outputs)

    @classmethod
    def recipes(cls, facts):
        plain = Recipe(architecture="comparing_small", length=Length(epochs=2.0), optimiser=Optimiser(lr=1e-2))
        return {"rnn": plain, "lstm": plain.with_settings(breaks=True)}

    def forward_features(self, batch):
        if self.breaks:
            raise RuntimeError("planted fault")
        return self.body(batch["numbers"]).relu()

    def reset_head(self, num_outputs):
        self.head = nn.Linear(self.head.in_features, num_outputs)


@pytest.fixture(scope="module", autouse=True)
def _registered():
    architectures.register("comparing_small")(Small)
    yield
    del architectures._items["comparing_small"]


def table(num=200, seed=0):
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=num), rng.normal(size=num)
    return pd.DataFrame({"a": a, "b": b, "answer": np.where(a + 0.3 * rng.normal(size=num) > 0, "yes", "no")})


FAMILIES = ("majority", "linear", "rnn", "lstm")


@pytest.fixture(scope="module")
def compared(tmp_path_factory, _registered):
    out = tmp_path_factory.mktemp("compared") / "out"
    opened = []
    former = SealedTest.open
    SealedTest.open = lambda self, *a, **k: opened.append(1) or former(self, *a, **k)
    try:
        data = compare(table(), target="answer", families=FAMILIES, budget=60.0, out=out, repeats=2)
    finally:
        SealedTest.open = former
    return data, out, opened


def test_every_candidate_has_a_row_with_score_cost_and_difference(compared):
    data = compared[0]
    assert next(r.family for r in data.rows if r.cause is None) in ("linear", "rnn")
    assert {r.family for r in data.rows} == set(FAMILIES)
    for row in (r for r in data.rows if r.cause is None):
        assert row.low <= row.score <= row.high
        assert row.num_trainings == 2 * data.num_parts
        assert len(row.scores) == 2
        assert row.train_s > 0
        assert set(row.predict_ms) == {"1", "64"}
        assert all(ms > 0 for ms in row.predict_ms.values())
        assert row.num_parameters > 0
    best, *others = (r for r in data.rows if r.cause is None)
    assert best.is_best
    assert best.difference is None
    assert all(r.difference_low <= r.difference <= r.difference_high for r in others)


def test_guessing_is_told_apart_from_a_model_that_learnt(compared):
    rows = {r.family: r for r in compared[0].rows}
    assert rows["majority"].is_apart
    assert rows["majority"].score < rows["linear"].low


def test_a_failed_candidate_is_a_row_with_its_cause(compared):
    failed = [r for r in compared[0].rows if r.cause is not None]
    assert [r.family for r in failed] == ["lstm"]
    assert "planted fault" in failed[0].cause
    assert any("failed" in s for s in compared[0].advice)


def test_the_sealed_examples_are_neither_opened_nor_scored(compared):
    data, _, opened = compared
    assert opened == []
    assert data.num_sealed > 0
    assert data.num_scored + data.num_sealed == 200


def test_json_page_and_no_scratch_are_left(compared):
    data, out, _ = compared
    assert sorted(p.name for p in out.iterdir()) == ["comparison.html", "comparison.json"]
    stored = json.loads((out / "comparison.json").read_text())
    assert [r["family"] for r in stored["rows"]] == [r.family for r in data.rows]
    page = (out / "comparison.html").read_text()
    assert "sealed test examples were not opened" in page
    assert "planted fault" in page
    assert "http" not in page.replace("http-equiv", "")
    assert page.count("<img") == 2


def test_families_that_do_not_fit_are_named_with_those_that_do(tmp_path):
    with pytest.raises(ConfigError, match=r"'cnn' has no model for these table examples; .*linear.*trees"):
        compare(table(), target="answer", families=["cnn"], out=tmp_path / "x")
    with pytest.raises(ConfigError, match=r"'lineer'.*Did you mean 'linear'"):
        compare(table(), target="answer", families=["lineer"], out=tmp_path / "x")
    assert list(tmp_path.iterdir()) == []


def test_bad_input_leaves_nothing_and_a_full_folder_is_refused(tmp_path):
    with pytest.raises(DataError):
        compare(table(), target="nowhere", out=tmp_path / "x")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(RunError, match="holds other things"):
        compare(table(), target="answer", out=tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]
    with pytest.raises(ConfigError, match="repeats must be at least 1"):
        compare(table(), target="answer", out=tmp_path / "x", repeats=0)


def test_every_repeat_gives_all_candidates_the_same_folds_and_seed(monkeypatch, tmp_path):
    from whet.comparing import measured

    seen = {}
    real = measured.fit

    def spy(recipe, target, train, valid, *, setting):
        runs = seen.setdefault((recipe.seed, tuple(valid.rows.tolist())), [])
        runs.append((recipe.architecture, recipe.length.seconds))
        return real(recipe, target, train, valid, setting=setting)

    monkeypatch.setattr(measured, "fit", spy)
    data = compare(table(), target="answer", families=["majority", "rnn"], budget=60, out=tmp_path / "o", repeats=2)
    assert all({name for name, _ in runs} == {"majority", "comparing_small"} for runs in seen.values())
    assert len(seen) == 2 * data.num_parts
    for runs in seen.values():
        assert len({round(seconds, 6) for _, seconds in runs}) == 1  # the same limit
