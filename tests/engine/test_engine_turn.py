"""Results keep the order of the jobs, and a failure stops its own group alone; in this process and in others alike."""

import numpy as np
import pytest
from engine_world import job, network, world

from whet.engine.engine import ThisProcess
from whet.errors import TrainingFailedError


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    return world(tmp_path_factory.mktemp("engine"))


def test_results_come_in_the_order_given_and_are_told_as_they_end(bench):
    data, bench = bench
    told = []
    jobs = [job(data, "net", recipe=network()), job(data, "simple")]
    results = ThisProcess(bench).run(jobs, on_done=lambda place, result: told.append((place, result)))
    assert [r.num_parameters > 100 for r in results] == [True, False]
    assert told == list(enumerate(results))


def test_a_failure_is_a_result_and_its_group_is_not_begun(bench):
    data, bench = bench
    jobs = [
        job(data, "a", group="one", fail=True),
        job(data, "b", group="one", exit=True),  # would end this process
        job(data, "c", group="two"),
        job(data, "d", fail=True),
        job(data, "e"),
    ]
    results = ThisProcess(bench).run(jobs)
    assert [isinstance(r, TrainingFailedError) for r in results] == [True, True, False, True, False]
    assert results[0] is results[1]
    assert "as asked for" in results[0].cause


def test_without_validation_examples_nothing_is_scored(bench):
    data, bench = bench
    one = job(data, "all")
    (result,) = ThisProcess(bench).run([type(one)(**{**vars(one), "valid": None, "train": np.arange(len(data))})])
    assert result.valid_scores is None
