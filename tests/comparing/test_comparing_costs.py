"""Memory and time: measured, and said how."""

import numpy as np
import pytest

from whet.comparing.latency import milliseconds_per_example
from whet.comparing.memory import MARK, NONE, SAMPLED, peak_memory


def test_the_peak_is_seen_even_when_it_is_freed_before_the_end():
    with peak_memory() as peak:
        block = b"x" * 80_000_000
        del block
    if peak.how == NONE:
        pytest.skip("this system does not tell")
    assert peak.rise_mb > 70


def test_memory_that_was_held_before_does_not_count():
    held = b"x" * 80_000_000
    with peak_memory() as peak:
        pass
    assert len(held) == 80_000_000
    assert peak.rise_mb is None or peak.rise_mb < 40


def test_without_the_mark_a_thread_samples_and_without_proc_nothing_is_claimed(tmp_path):
    (tmp_path / "status").write_text("VmRSS:\t 1000 kB\nVmHWM:\t 1000 kB\n")
    (tmp_path / "clear_refs").mkdir()  # cannot be written
    with peak_memory(process=tmp_path) as peak:
        (tmp_path / "status").write_text("VmRSS:\t 3000 kB\n")
    assert peak.how == SAMPLED
    assert peak.rise_mb == pytest.approx(2000 * 1024 / 1e6)
    with peak_memory(process=tmp_path / "nowhere") as peak:
        pass
    assert (peak.how, peak.rise_mb) == (NONE, None)
    assert MARK != SAMPLED


class Counting:
    def __init__(self):
        self.sizes = []

    def scores(self, dataset):
        self.sizes.append(dataset)
        return np.zeros((len(dataset), 1))


class Rows(list):
    def take(self, index):
        return [self[i] for i in index]


def test_predictions_are_timed_on_other_examples_each_time_at_the_batch_asked_for():
    fitted = Counting()
    assert milliseconds_per_example(fitted, Rows(range(10)), batch=4, seconds=60.0) >= 0
    assert {len(s) for s in fitted.sizes} == {4}
    assert fitted.sizes[0] != fitted.sizes[1]
    quick = Counting()
    milliseconds_per_example(quick, Rows(range(3)), batch=8, seconds=0.0)
    assert len(quick.sizes) == 2  # one that warms up, one that counts
