"""After the last training, what trains nothing is judged on it, once, whatever gain is plausible."""

import numpy as np
import pandas as pd
import pytest

from whet.improving.clock import Clock
from whet.improving.folder import RunFolder
from whet.improving.observer import Observer
from whet.improving.opening import new_session
from whet.improving.options import Options
from whet.improving.prepare import prepare
from whet.improving.reusing import reusing_seconds, run_reuses
from whet.ledger.records import Ledger
from whet.recipe import AugmentStep, Length, Recipe


def opened(folder, source, recipe, **options):
    given = Options(budget_s=None, epochs=1, **options)
    run = RunFolder.create(folder / "run", source="test", resumable=False, options=given, command="test")
    ledger, clock, observer = Ledger(run.ledger), Clock(None), Observer()
    prepared = prepare(source, given, run, ledger, clock, say=observer.say)
    session = new_session(prepared, given, run, ledger, clock, observer, lambda: False)
    session.incumbent = [session.run(recipe, title="network")]
    return session


@pytest.fixture
def pictures(tmp_path):
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 160)
    images = rng.integers(0, 60, (160, 8, 8, 1), dtype=np.uint8)
    images[labels == 1, 2:6, 2:6] += 120
    recipe = Recipe(
        architecture="convnet",
        settings={"widths": [8]},
        augment=(AugmentStep(name="translate", settings={"pixels": 1}),),
        length=Length(epochs=1),
        batch_size=32,
    )
    session = opened(tmp_path, (images, np.array(["dark", "light"])[labels]), recipe)
    yield session
    session.book.ledger.close()


def rows(session):
    return [r for r in session.book.ledger.rows() if r["remedy"] == "test_time_augmentation"]


def test_views_are_judged_on_the_same_weights_and_only_once(pictures):
    assert reusing_seconds(pictures, exploring_s=1e9) > 0
    run_reuses(pictures)
    (row,) = rows(pictures)
    assert row["verdict"] in ("adopted", "no evidence", "harmful")
    plain, viewed = pictures.pool
    assert viewed.recipe.test_time_augmentation
    weights = [pictures.trials.fitted(t)[0].state().arrays for t in (plain, viewed)]
    assert all(np.array_equal(weights[0][name], weights[1][name]) for name in weights[0])
    assert viewed.epochs == plain.epochs
    before = len(pictures.pool)
    run_reuses(pictures)
    assert len(rows(pictures)) == 1
    assert len(pictures.pool) == before


def test_where_predicting_takes_too_long_the_time_goes_to_training(pictures):
    assert reusing_seconds(pictures, exploring_s=1e-6) == 0.0


def test_a_table_has_no_views(tmp_path):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.normal(size=80)})
    frame["answer"] = np.where(frame["a"] > 0, "yes", "no")
    recipe = Recipe(architecture="resnet_mlp", settings={"width": 8, "depth": 1}, length=Length(epochs=1))
    session = opened(tmp_path, frame, recipe, target="answer")
    assert reusing_seconds(session, exploring_s=1e9) == 0.0
    run_reuses(session)
    assert not rows(session)
    session.book.ledger.close()
