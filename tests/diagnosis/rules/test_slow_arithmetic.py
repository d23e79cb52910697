import os

import pytest
from during_scripts import build, case_of, examples, findings, ordinary
from torch.optim import SGD

from whet.diagnosis.case import Case
from whet.watching.trace import Step, Trace

NAME = "slow_arithmetic"


def trace(threads, compute_s):
    steps = [Step(index=i, seconds=i, loss=1.0, compute_s=compute_s) for i in range(30)]
    return Case(trace=Trace(steps=tuple(steps), threads=threads))


def test_weights_of_64_bits_are_found():
    model = build("mlp").double()
    x, y = examples("mlp", 32)
    (found,) = findings(case_of(model, SGD(model.parameters(), lr=0.1), (x.double(), y), epochs=1), NAME)
    assert found.evidence["value"] == 64
    assert found.level == "slight"


@pytest.mark.parametrize(
    ("threads", "processors", "compute_s", "is_found"),
    [(1, 8, 0.1, True), (1, 8, 0.001, False), (1, 2, 0.1, False), (64, 4, 0.1, True), (4, 4, 0.1, False)],
)
def test_threads_are_compared_with_processors(monkeypatch, threads, processors, compute_s, is_found):
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(processors)), raising=False)
    assert bool(findings(trace(threads, compute_s), NAME)) == is_found


def test_ordinary_weights_are_silent(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(128)), raising=False)
    assert not findings(ordinary("mlp", epochs=1), NAME)
