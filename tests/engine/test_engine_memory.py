"""Memory is measured over the whole family of processes, shared out among workers, and a limit is kept."""

import os
import subprocess
import sys

import pytest

import whet
from whet.engine.sharing import FILES_BYTES, memory_of_each, num_workers_of
from whet.engine.tree_memory import TreeMemory, family
from whet.errors import ConfigError, RunError
from whet.improving.keeping_memory import kept_memory
from whet.training.memory_limit import held_bytes

linux = pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell")

CHILD = "import time; held = bytearray(80_000_000); print('ready', flush=True); time.sleep(60)"


@linux
def test_children_count_and_the_peak_stays_when_they_are_gone():
    with TreeMemory() as memory:
        child = subprocess.Popen([sys.executable, "-c", CHILD], stdout=subprocess.PIPE)
        child.stdout.readline()
        before = held_bytes()
        memory.look()
        assert child.pid in family(os.getpid())
        child.kill()
        child.communicate()
    assert memory.held_bytes >= before + 80_000_000
    assert memory.resident_bytes >= memory.held_bytes


@pytest.mark.parametrize("limit", [1_000_000_000, 2_000_000_000, 4_000_000_000, 16_000_000_000])
@pytest.mark.parametrize("wanted", [1, 2, 4, 12])
def test_all_shares_and_libraries_together_stay_under_the_limit(limit, wanted):
    workers = num_workers_of(wanted, limit)
    assert 1 <= workers <= wanted
    processes = workers + (workers > 1)
    assert processes * (memory_of_each(limit, workers) + FILES_BYTES) <= limit
    assert memory_of_each(limit, workers) >= 400_000_000


def test_a_limit_that_is_too_small_for_python_is_refused_and_leaves_no_folder(tmp_path):
    with pytest.raises(ConfigError, match="at least 660 MB"):
        memory_of_each(300_000_000, 1)
    with pytest.raises(ConfigError, match="at least 660 MB"):
        whet.improve("sklearn:iris", budget=5, memory="300MB", out=tmp_path / "run")
    assert not (tmp_path / "run").exists()
    with pytest.raises(ConfigError, match="Write 4GB"):
        whet.improve("sklearn:iris", budget=5, memory="lots", out=tmp_path / "run")


@linux
def test_a_step_that_cannot_be_done_in_parts_is_told_as_such():
    said = []
    with (
        pytest.raises(RunError, match=r"more memory than the 1\.0 GB of --memory"),
        kept_memory(1_000_000_000, held_bytes() + 70_000_000),
    ):
        bytearray(900_000_000)
    with kept_memory(10**12, None, say=said.append) as memory:
        memory.look()
    assert said[0].startswith("memory: at most ")
    bytearray(900_000_000)  # the limit ended with the block
