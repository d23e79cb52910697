from __future__ import annotations

import copy

import pytest
import torch
from training_world import Net

from whet.data.inputs import InputSpec
from whet.data.kinds import Modality
from whet.errors import ConfigError, TrainingFailedError
from whet.training.ema import Average
from whet.training.failure import naming_failures
from whet.training.monitor import Monitor
from whet.training.patience import Patience
from whet.training.position import Position
from whet.training.threads import available_cores, threads_are_free, threads_for, using_threads


def net():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return Net(InputSpec(modality=Modality.TABLE, num_numbers=4), 2)


def test_the_average_equals_the_textbook_formula_for_weights_and_batch_norm_statistics():
    model = net()
    average = Average(model, 0.7)
    expected = {n: t.clone() for n, t in model.state_dict().items()}
    for step in range(12):
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.add_(0.1 * (step + 1))
            model.backbone[1].running_mean.add_(1.0)
            model.backbone[1].num_batches_tracked.add_(1)
        average.update(step)
        decay = min(0.7, (1 + step) / (10 + step))
        for name, value in model.state_dict().items():
            mixed = decay * expected[name] + (1 - decay) * value
            expected[name] = mixed if value.is_floating_point() else value.clone()
    for name, value in average.model.state_dict().items():
        torch.testing.assert_close(value, expected[name])


def test_constant_buffers_may_be_infinite_in_an_average():
    model = net()
    model.register_buffer("edges", torch.tensor([0.0, float("inf")]))
    average = Average(model, 0.9)
    average.update(0)
    assert average.model.edges.tolist() == [0.0, float("inf")]


def test_infinities_stick_in_the_monitor_until_reset():
    monitor = Monitor(torch.device("cpu"))
    for loss in (1.0, float("inf"), 2.0):
        monitor.add(torch.tensor(loss), None)
    assert not monitor.is_finite()
    monitor.reset()
    assert monitor.is_finite()


def test_a_monitor_continues_where_it_was():
    one, two = Monitor(torch.device("cpu")), Monitor(torch.device("cpu"))
    one.add(torch.tensor(1.0), torch.tensor(2.0))
    two.load(one.tensors())
    for monitor in (one, two):
        monitor.add(torch.tensor(4.0), None)
    assert one.loss() == two.loss() == 2.5
    assert one.norm() == two.norm() == 2.0


def test_patience_never_takes_nan_for_an_improvement():
    patience = Patience(2)
    assert [patience.sees((v,)) for v in (float("nan"), 0.1, float("nan"))] == [False, True, False]


def test_a_position_survives_its_dict():
    position = Position(step=3, stopping=Patience(2, best=(0.5, -1.0), stale=1), plateau=None)
    assert Position.from_dict(position.to_dict()) == position
    assert copy.deepcopy(position) == position


def fail_inside_threads(count):
    with using_threads(count):
        raise KeyError(torch.get_num_threads())


def test_threads_are_put_back_also_after_an_error():
    before = torch.get_num_threads()
    with pytest.raises(KeyError, match=str(before + 1)):
        fail_inside_threads(before + 1)
    assert torch.get_num_threads() == before


@pytest.mark.parametrize(
    ("files", "cores"),
    [
        ({"cpu.max": "100000 100000"}, 1),
        ({"cpu.max": "50000 100000"}, 1),
        ({"cpu/cpu.cfs_quota_us": "100000", "cpu/cpu.cfs_period_us": "100000"}, 1),
        ({"cpu.max": "max 100000"}, available_cores()),
        ({"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, available_cores()),
        ({}, available_cores()),
    ],
)
def test_a_control_groups_quota_limits_the_cores(tmp_path, files, cores):
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content + "\n")
    assert available_cores(tmp_path) == cores


def test_failures_get_their_cause_in_words():
    with pytest.raises(TrainingFailedError, match="smaller batch_size") as caught, naming_failures("net"):
        raise MemoryError("no room")
    assert caught.value.cause == "out of memory: no room"
    with pytest.raises(TrainingFailedError) as caught, naming_failures("net"):
        raise KeyError("x")
    assert caught.value.cause == "crashed: KeyError: 'x'"


def test_whets_own_errors_pass():
    with pytest.raises(ConfigError), naming_failures("net"):
        raise ConfigError("mine")


def test_asking_whether_threads_are_free_leaves_their_number_alone():
    before = torch.get_num_threads()
    assert isinstance(threads_are_free(2), bool)
    assert torch.get_num_threads() == before


@pytest.mark.parametrize(("slow", "free"), [((1, 0, 0, 0, 0), True), ((0, 1, 1, 0, 0), True), ((1, 0, 1, 1, 0), False)])
def test_one_unlucky_try_does_not_cost_a_training_its_threads(monkeypatch, slow, free):
    tries = iter(slow)
    monkeypatch.setattr("whet.training.threads._slows_down", lambda values, count: bool(next(tries)))
    assert threads_are_free(2) is free


def test_a_library_gets_one_thread_for_few_examples_or_beside_other_work(monkeypatch):
    monkeypatch.setattr("whet.training.threads.available_cores", lambda: 4)
    free = []
    monkeypatch.setattr("whet.training.threads.threads_are_free", lambda count: free.append(count) or len(free) == 1)
    assert [threads_for(2_000), threads_for(2_001), threads_for(2_001)] == [1, 4, 1]
    assert free == [4, 4]
