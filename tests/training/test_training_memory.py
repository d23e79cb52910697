"""A batch that does not fit is taken in parts with the same gradient, and that is noted."""

import gc
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn
from training_world import SETTING, Net, class_target, numbers_dataset, recipe

from whet.errors import ConfigError, TrainingFailedError
from whet.memory import parse_memory
from whet.models.architecture import architectures
from whet.rng import make_generator
from whet.training.accumulating import Accumulator
from whet.training.fit import fit
from whet.training.objective import Supervised, class_weights
from whet.training.out_of_memory import in_smaller_parts, is_out_of_memory

FULL = RuntimeError("[enforce fail at alloc_cpu.cpp:127] DefaultCPUAllocator: can't allocate memory: you tried")


class Hungry(Net):
    """Runs out of memory above ``most`` examples at a time, while it trains and while it is judged."""

    def __init__(self, spec, num_outputs, *, most, width=16):
        super().__init__(spec, num_outputs, width=width, norm=False)
        self.most = most

    def forward(self, batch):
        if len(batch["numbers"]) > self.most:
            raise FULL
        return super().forward(batch)


@pytest.fixture(scope="module", autouse=True)
def _hungry():
    architectures.register("test_training_hungry")(Hungry)
    yield
    del architectures._items["test_training_hungry"]


def gradients(num_parts, *, size, weights):
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(5, 8), nn.Tanh(), nn.Linear(8, 3))
    x, y = torch.randn(size, 5), torch.arange(size) % 3
    objective = Supervised(target=class_target(), class_weights=weights, label_smoothing=0.1)

    def loss_of(batch, targets):
        return objective(lambda b: net(b["x"]), batch, targets, generator=make_generator(0, "o"))

    accumulator = Accumulator(num_parts=num_parts)
    loss = accumulator(net, {"x": x}, y, loss_of)
    return loss, [p.grad for p in net.parameters()]


@pytest.mark.parametrize("weights", [None, class_weights(np.array([0, 0, 1, 2, 2, 2]), 3)])
@pytest.mark.parametrize(("size", "num_parts"), [(12, 2), (13, 4), (9, 4), (5, 64)])
def test_parts_of_a_batch_have_the_gradient_of_the_whole(size, num_parts, weights):
    loss, whole = gradients(1, size=size, weights=weights)
    again, parts = gradients(num_parts, size=size, weights=weights)
    torch.testing.assert_close(again, loss)
    for a, b in zip(parts, whole, strict=True):
        torch.testing.assert_close(a, b)


def hungry(most, **changes):
    data = numbers_dataset(200)
    plan = recipe(architecture="test_training_hungry", settings={"most": most}, batch_size=64, **changes)
    return fit(plan, class_target(), data.take(np.arange(140)), data.take(np.arange(140, 200)), setting=SETTING)


@pytest.mark.parametrize("most", [60, 20, 7])
def test_a_training_that_runs_out_of_memory_goes_on_in_parts_and_learns_the_same(most, monkeypatch):
    monkeypatch.setattr(gc, "collect", lambda: 0)  # nothing is short here, and each takes half a second in a full suite
    fed, starved = hungry(1000), hungry(most)
    assert fed.notes == ()
    assert "ran out of memory: batches of 64 examples were taken in" in starved.notes[0]
    assert starved.steps == fed.steps
    np.testing.assert_allclose(starved.valid_scores, fed.valid_scores, atol=1e-4)


def test_where_not_even_the_smallest_part_fits_the_training_fails_and_says_why():
    with pytest.raises(TrainingFailedError, match="smaller batch_size") as caught:
        hungry(0)
    assert caught.value.cause.startswith("out of memory")


def test_no_part_holds_a_single_example_which_batch_norm_could_not_learn_from():
    seen = []

    def loss_of(batch, targets):
        seen.append(len(targets))
        if len(targets) > 2:
            raise FULL
        return batch["x"].sum() * 0

    x = torch.zeros(8, 1, requires_grad=True)
    accumulator = Accumulator()
    accumulator(nn.Identity(), {"x": x}, torch.zeros(8), loss_of)
    assert seen == [8, 4, 2, 2, 2, 2]
    assert accumulator.num_parts == 4
    accumulator(nn.Identity(), {"x": x[:3]}, torch.zeros(3), lambda b, t: b["x"].sum() * 0)
    assert "batches of 8 examples were taken in 4 parts of 2" in accumulator.note()


def test_other_errors_are_not_taken_for_a_lack_of_memory():
    calls = []

    def loss_of(batch, targets):
        calls.append(1)
        raise RuntimeError("shapes do not match")

    with pytest.raises(RuntimeError, match="shapes"):
        Accumulator()(nn.Identity(), {"x": torch.zeros(8)}, torch.zeros(8), loss_of)
    assert len(calls) == 1
    assert is_out_of_memory(torch.OutOfMemoryError("CUDA out of memory."))
    assert not is_out_of_memory(ValueError("memory"))


def test_halves_cover_the_whole_once():
    seen = []

    def run(index):
        if len(index) > 3:
            raise MemoryError
        seen.extend(index.tolist())

    in_smaller_parts(run, np.arange(11))
    assert seen == list(range(11))


IN_LITTLE_MEMORY = """
import resource, sys
sys.path.insert(0, {folder!r})
from dataclasses import replace
import numpy as np
import torch
torch.set_num_threads(1)
from training_world import PlainEncoder, SETTING, class_target, numbers_dataset, recipe
from whet.data.encoders.encoder import encoders
from whet.training.fit import fit
from whet.training.memory_limit import held_bytes, _status
encoders._items["table"] = PlainEncoder
data = numbers_dataset(6000)
plan = recipe(settings={{"width": 4000, "norm": False}}, batch_size=4096)
plan = replace(plan, length=replace(plan.length, epochs=1.0))
fit(replace(plan, batch_size=16), class_target(), data.take(np.arange(64)), None, setting=SETTING)
extra = 120 << 20
setting = SETTING
if sys.argv[1] == "limit":
    setting = replace(SETTING, memory_bytes=held_bytes() + extra)
else:
    resource.setrlimit(resource.RLIMIT_AS, (_status("self", "VmSize") + extra, resource.RLIM_INFINITY))
before = held_bytes()
training = fit(plan, class_target(), data, None, setting=setting)
print(training.notes[0])
torch.zeros(1 << 28) if sys.argv[1] == "limit" else None  # the limit ends with the training
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the limit is the kernel's")
@pytest.mark.parametrize("kind", ["limit", "address space"])
def test_a_process_that_may_not_take_more_memory_trains_on_in_parts(kind, request):
    code = IN_LITTLE_MEMORY.format(folder=str(request.path.parent))
    done = subprocess.run([sys.executable, "-c", code, kind], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("ran out of memory: batches of 4096 examples were taken in")


def test_amounts_of_memory_are_read_or_refused():
    assert parse_memory(" 2 GB ") == 2_000_000_000
    assert parse_memory("512MiB") == 512 << 20
    for wrong in ("much", "4 apples", "-1GB", ""):
        with pytest.raises(ConfigError, match="Write 4GB"):
            parse_memory(wrong)
    assert replace(SETTING, memory_bytes=5).memory_bytes == 5
