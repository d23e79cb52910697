"""A stream of jobs: free workers go on at once, curves are followed, and a job that is given up ends early."""

import numpy as np
import pytest
from engine_world import job, network, world

from whet.engine.delivered import Awaited, Delivered
from whet.engine.processes import Processes
from whet.engine.stream import Stream
from whet.errors import TrainingFailedError
from whet.training.fitted import Training
from whet.training.pruned import Pruned


class Planned:
    """Jobs in order, at most ``most`` at once; gives up those whose names it is told."""

    def __init__(self, jobs, *, most=2, hopeless=()):
        self.left, self.most, self.hopeless = list(jobs), most, hopeless
        self.running, self.most_seen, self.num_asked = [], 0, 0
        self.outcomes, self.points = {}, {}

    @property
    def is_over(self):
        return not self.left and not self.running

    def next(self):
        self.num_asked += 1
        if not self.left or len(self.running) == self.most:
            return None
        self.running.append(self.left.pop(0))
        self.most_seen = max(self.most_seen, len(self.running))
        return self.running[-1]

    def put(self, job, outcome):
        self.running.remove(job)
        self.outcomes[job.name] = outcome

    def point(self, job, point, fraction):
        self.points.setdefault(job.name, []).append((fraction, point.valid_score))
        return job.name in self.hopeless


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """(dataset, engine with two workers)."""
    folder = tmp_path_factory.mktemp("stream")
    data, bench = world(folder)
    engine = Processes(2, folder / "workers").open(bench)
    engine.wait(60.0)
    yield data, engine
    engine.close()


def test_every_job_ends_and_those_given_up_or_killed_hold_nobody_up(place):
    data, engine = place
    jobs = [
        job(data, "hopeless", recipe=network(1, epochs=2_000.0)),
        job(data, "killed", die="SIGKILL"),
        *(job(data, f"fine-{seed}", recipe=network(seed)) for seed in range(3)),
    ]
    source = Planned(jobs, hopeless={"hopeless"})
    engine.follow(source)
    assert isinstance(source.outcomes["hopeless"], Pruned)
    assert isinstance(source.outcomes["killed"], TrainingFailedError)
    assert all(isinstance(source.outcomes[f"fine-{seed}"], Training) for seed in range(3))
    assert source.most_seen == 2
    assert 0 < source.points["hopeless"][0][0] < 1


def test_points_are_those_of_the_curve_that_comes_back(place):
    data, engine = place
    source = Planned([job(data, "followed", recipe=network(epochs=6.0))])
    engine.follow(source)
    curve = [p.valid_score for p in source.outcomes["followed"].curve if p.valid_score is not None]
    assert [score for _, score in source.points["followed"]] == curve
    assert np.all(np.diff([fraction for fraction, _ in source.points["followed"]]) > 0)


def test_rounds_and_streams_follow_one_another(place):
    data, engine = place
    (before,) = engine.run([job(data, "before", recipe=network(5))])
    engine.follow(source := Planned([job(data, "between", recipe=network(5))]))
    assert np.array_equal(before.valid_scores, source.outcomes["between"].valid_scores)


def test_a_source_with_nothing_to_begin_is_asked_again_only_when_a_job_has_ended():
    stream = Stream(source := Planned(["a", "b"], most=1))
    assert (stream.next(), stream.next(), stream.next()) == (0, None, None)
    assert source.num_asked == 2
    source.put = lambda job, outcome: source.running.remove(job)
    stream.put(0, Pruned())
    assert stream.next() == 1
    assert stream.jobs == ["a", "b"]


def test_what_was_delivered_is_handed_out_and_the_first_missing_job_is_named(tmp_path):
    data, _ = world(tmp_path)
    jobs, engine = [job(data, name) for name in "abc"], Delivered()
    with pytest.raises(Awaited) as awaited:
        engine.run(jobs)
    assert awaited.value.job.name == "a"
    engine.results["a"] = first = TrainingFailedError("no", cause="no")
    assert engine.run(jobs) == [first] * 3  # one group: the others are not begun
