from __future__ import annotations

import pytest
import torch

from whet.training.kept_memory import _library, kept_memory

resource = pytest.importorskip("resource")
SIZE = 40 << 20  # bytes: above every threshold that the library chooses by itself
FEW = 200  # of the 10,240 pages


def faults_when_asked_again():
    """Pages that the kernel had to bring for a block that was freed before: the fewest of some rounds.

    The first rounds may land in holes of the heap that earlier tests have left and given back.
    """
    counts = []
    for _ in range(8):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        torch.ones(SIZE, dtype=torch.uint8)
        counts.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
    return min(counts)


@pytest.mark.skipif(_library() is None, reason="another C library keeps memory in its own way")
def test_a_freed_block_is_had_again_without_the_kernel():
    with kept_memory():
        assert faults_when_asked_again() < FEW


@pytest.mark.skipif(_library() is None, reason="another C library keeps memory in its own way")
def test_what_was_kept_goes_back_at_the_end():
    def held():
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * resource.getpagesize()

    with kept_memory():
        torch.ones(8 * SIZE, dtype=torch.uint8)
        inside = held()
    assert held() < inside - 7 * SIZE


def test_a_limit_changes_nothing(monkeypatch):
    monkeypatch.setattr("whet.training.kept_memory._library", lambda: pytest.fail("the C library was asked"))
    with kept_memory(10**9):
        pass


def test_an_error_inside_is_not_swallowed():
    with pytest.raises(ZeroDivisionError), kept_memory():
        _ = 1 / 0
