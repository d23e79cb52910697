from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from engine_world import job, network, world

import whet.engine.together as together_room
from whet.engine.engine import ThisProcess
from whet.engine.together import SeedsTogether
from whet.recipe import Length, Optimiser


@pytest.fixture
def counted(monkeypatch):
    """How many jobs each group had that was trained in one loop."""
    sizes = []

    def counting(*args, **kwargs):
        trainings = real(*args, **kwargs)
        sizes.append(len(trainings))
        return trainings

    real = together_room.fit_together
    monkeypatch.setattr(together_room, "fit_together", counting)
    return sizes


def small(seed):
    return replace(network(seed), settings={"width": 16, "bins": 4})


def test_seeds_of_a_small_network_share_a_loop_and_learn_what_they_learn_alone(tmp_path, counted):
    data, bench = world(tmp_path)
    jobs = [job(data, f"seed-{seed}", recipe=small(seed)) for seed in range(3)]
    told = {}
    results = SeedsTogether(ThisProcess(bench)).run(jobs, on_done=told.__setitem__)
    assert counted == [3]
    assert [told[place] is result for place, result in enumerate(results)] == [True] * 3
    for ours, theirs in zip(results, ThisProcess(bench).run(jobs), strict=True):
        np.testing.assert_allclose(ours.valid_scores, theirs.valid_scores, atol=1e-4)
        assert (ours.steps, ours.epochs) == (theirs.steps, theirs.epochs)
        np.testing.assert_allclose(ours.fitted.scores(data), theirs.fitted.scores(data), atol=1e-4)


def test_jobs_that_cannot_share_are_trained_alone_in_their_places(tmp_path, counted):
    data, bench = world(tmp_path)
    muon = replace(small(0), optimiser=Optimiser(name="muon"))
    jobs = [
        job(data, "alone", recipe=replace(small(0), length=Length(epochs=1.0))),
        job(data, "first", recipe=small(0)),
        job(data, "estimator"),
        job(data, "second", recipe=small(1)),
        job(data, "muon", recipe=muon),
        job(data, "muon-2", recipe=replace(muon, seed=1)),
        job(data, "fails", fail=True),
    ]
    results = SeedsTogether(ThisProcess(bench)).run(jobs)
    assert counted == [2]
    assert [r.steps for r in results[:6]] == [3, 6, 0, 6, 6, 6]
    assert "as asked for" in str(results[6])


def test_a_training_that_was_stopped_goes_on_alone(tmp_path, counted):
    data, bench = world(tmp_path)
    (bench.checkpoints / "first").mkdir(parents=True)
    jobs = [job(data, name, recipe=small(seed)) for seed, name in enumerate(("first", "second"))]
    assert len(SeedsTogether(ThisProcess(bench)).run(jobs)) == 2
    assert counted == []
