import numpy as np
import pytest
from during_scripts import findings, ordinary
from torch.optim import SGD, Adam

from whet.diagnosis.case import Case
from whet.rng import make_numpy_generator
from whet.watching.trace import Step, Trace

NAME = "oscillation"


def trace(losses):
    return Case(trace=Trace(steps=tuple(Step(index=i, seconds=i, loss=float(v)) for i, v in enumerate(losses))))


def test_a_loss_that_alternates_is_found():
    (found,) = findings(trace(2 + (-1.0) ** np.arange(80)), NAME)
    assert found.evidence["value"] > 0.2
    assert found.severity < 0.7


@pytest.mark.parametrize("seed", range(5))
def test_the_noise_of_batches_is_silent_however_large(seed):
    g = make_numpy_generator(seed, "batches")
    assert not findings(trace(np.exp(g.normal(size=200))), NAME)


def test_a_training_on_its_way_down_is_silent():
    assert not findings(trace(np.geomspace(2, 0.01, 100) * (1 + 0.5 * (-1.0) ** np.arange(100))), NAME)


@pytest.mark.parametrize("noise", [0.0, 1.0])
def test_real_trainings_with_single_examples_are_silent(noise):
    case = ordinary("mlp", optimizer=lambda p: SGD(p, lr=0.01), batch_size=1, epochs=1, noise=noise)
    assert not findings(case, NAME)


def test_a_sound_training_is_silent():
    assert not findings(ordinary("lstm", optimizer=lambda p: Adam(p, lr=3e-3), epochs=4), NAME)
