"""Worker processes: the same results as here, deaths that end one training, and nothing left behind."""

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from engine_world import job, network, world

from whet.engine.engine import ThisProcess
from whet.engine.processes import Processes
from whet.errors import RunError, TrainingFailedError
from whet.training.interrupted import Interrupted

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """(dataset, bench, engine with two workers)."""
    folder = tmp_path_factory.mktemp("engine")
    data, bench = world(folder)
    engine = Processes(2, folder / "workers").open(bench)
    yield data, bench, engine
    engine.close()


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")")[-1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until(holds, seconds=10.0):
    end = time.monotonic() + seconds
    while not holds() and time.monotonic() < end:
        time.sleep(0.05)
    return holds()


def test_workers_learn_what_this_process_learns_bit_for_bit(place):
    data, bench, engine = place
    jobs = [job(data, f"equal-{seed}", recipe=network(seed)) for seed in range(3)]
    for ours, theirs in zip(ThisProcess(bench).run(jobs), engine.run(jobs), strict=True):
        assert np.array_equal(ours.valid_scores, theirs.valid_scores)
        assert np.array_equal(ours.fitted.scores(data), theirs.fitted.scores(data))
        assert [replace(p, seconds=0.0) for p in ours.curve] == [replace(p, seconds=0.0) for p in theirs.curve]
        assert (ours.steps, ours.epochs, ours.num_parameters) == (theirs.steps, theirs.epochs, theirs.num_parameters)


def test_results_keep_the_order_of_the_jobs_whichever_ends_first(place):
    data, _, engine = place
    told = []
    jobs = [job(data, "slow", sleep_s=0.6), job(data, "quick", recipe=network()), job(data, "third")]
    slow, quick, third = engine.run(jobs, on_done=lambda number, _: told.append(number))
    assert sorted(told) == [0, 1, 2]
    assert told[-1] == 0
    assert (slow.num_parameters, third.num_parameters) == (2, 2)
    assert quick.num_parameters > 100


def test_a_killed_worker_is_a_failed_training_and_is_replaced(place):
    data, _, engine = place
    before = {h.process.pid for h in engine._handles}
    jobs = [job(data, "killed", die="SIGKILL"), job(data, "left", exit=True), job(data, "wrong", fail=True)]
    *failed, fine = engine.run([*jobs, job(data, "fine")])
    assert all(isinstance(f, TrainingFailedError) for f in failed)
    assert "signal 9" in failed[0].cause
    assert "exit code 3: out of luck" in failed[1].cause
    assert failed[2].cause == "crashed: ValueError: as asked for"
    assert fine.num_parameters == 2
    assert len({h.process.pid for h in engine._handles} - before) == 2


def test_jobs_that_nobody_waits_for_any_more_make_room_for_others(place, monkeypatch):
    data, bench, engine = place
    monkeypatch.setattr(engine, "_listen", lambda turn, timeout_s: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        engine.run([job(data, f"abandoned-{n}", recipe=network(n, epochs=5000.0)) for n in range(2)])
    monkeypatch.undo()
    (result,) = engine.run([job(data, "after", recipe=network(7))])
    assert np.array_equal(
        result.valid_scores, ThisProcess(bench).run([job(data, "x", recipe=network(7))])[0].valid_scores
    )


def test_a_training_that_is_stopped_continues_elsewhere_as_if_never_stopped(tmp_path):
    data, bench = world(tmp_path)
    asked = threading.Event()
    watched = replace(bench.setting, should_stop=asked.is_set, on_progress=lambda _: asked.set())
    engine = Processes(1, tmp_path / "workers").open(replace(bench, setting=watched))
    long = job(data, "long", recipe=network(epochs=60.0))
    pids = [h.process.pid for h in engine._handles]
    with pytest.raises(Interrupted):
        engine.run([long])
    engine.close()
    assert not any(is_running(pid) for pid in pids)
    assert not (tmp_path / "workers").exists()
    continued, whole = (ThisProcess(bench).run([each])[0] for each in (long, replace(long, name="whole")))
    assert any("continued from a checkpoint" in note for note in continued.notes)
    assert np.array_equal(continued.valid_scores, whole.valid_scores)


def test_nothing_outlives_a_killed_run(tmp_path):
    code = """
import sys, time
from pathlib import Path
from whet.engine.handle import Handle
print(*[Handle(number, Path(sys.argv[1])).process.pid for number in range(2)], flush=True)
time.sleep(60)
"""
    run = subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "w")], stdout=subprocess.PIPE, text=True)
    pids = [int(pid) for pid in run.stdout.readline().split()]
    assert all(is_running(pid) for pid in pids)
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    run.stdout.close()
    assert wait_until(lambda: not any(is_running(pid) for pid in pids))


def test_workers_that_cannot_start_are_named_with_what_they_said(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    data, bench = world(tmp_path)
    engine = Processes(1, tmp_path / "workers").open(bench)
    with pytest.raises(RunError, match="--workers 1"):
        engine.run([job(data, "never")])
    engine.close()
