"""Memory that is freed inside stays for the next step, and goes back at the end.

Measured in a process of its own, because the heap of this one has holes that other tests have left.
"""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from whet.training.kept_memory import _library, kept_memory

MEASURE = """
import json, resource, torch
from whet.training.kept_memory import kept_memory

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

def held():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()

def step():
    before = faults()
    blocks = [torch.ones(size << 20, dtype=torch.uint8) for size in (40, 50, 60)]
    del blocks
    return faults() - before

usual = [step() for _ in range(4)][-1]
with kept_memory():
    inside = min([step() for _ in range(12)][-3:])  # how soon all fits depends on where the heap lies
    held_inside = held()
print(json.dumps({"usual": usual, "inside": inside, "given_back": held_inside - held(), "after": step()}))
"""


@pytest.mark.skipif(_library() is None, reason="another C library keeps memory in its own way")
def test_freed_blocks_are_had_again_without_the_kernel_and_go_back_at_the_end():
    pytest.importorskip("resource")
    seen = json.loads(subprocess.run([sys.executable, "-c", MEASURE], capture_output=True, check=True).stdout)
    assert seen["usual"] > 30_000  # pages of a step
    assert seen["inside"] < 0.05 * seen["usual"]
    assert seen["given_back"] > 100 << 20  # bytes
    assert seen["after"] > 30_000


def test_a_limit_changes_nothing(monkeypatch):
    monkeypatch.setattr("whet.training.kept_memory._library", lambda: pytest.fail("the C library was asked"))
    with kept_memory(10**9):
        pass


def test_an_error_inside_is_not_swallowed():
    with pytest.raises(ZeroDivisionError), kept_memory():
        _ = 1 / 0
