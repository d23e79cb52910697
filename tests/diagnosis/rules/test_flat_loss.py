import numpy as np
import pytest
from during_scripts import findings, ordinary
from torch.optim import Adam

from whet.diagnosis.case import Case
from whet.diagnosis.rule import rules
from whet.errors import CannotJudgeError
from whet.rng import make_numpy_generator
from whet.watching.trace import Step, Trace

NAME = "flat_loss"


def trace(losses):
    return Case(trace=Trace(steps=tuple(Step(index=i, seconds=i, loss=float(v)) for i, v in enumerate(losses))))


def noise(n=200, seed=0):
    return make_numpy_generator(seed, "noise").normal(size=n)


@pytest.mark.parametrize("scatter", [0.0, 0.05, 0.1])
def test_a_loss_that_stays_where_it_began_is_found_and_weighs_little(scatter):
    (found,) = findings(trace(2.3 + scatter * noise()), NAME)
    assert found.severity * found.confidence < 0.3


def test_a_slow_fall_above_the_noise_is_silent():
    assert not findings(trace(np.linspace(2.3, 2.1, 200) + 0.05 * noise()), NAME)


def test_a_loss_that_fell_at_once_is_silent():
    assert not findings(trace(np.concatenate([np.linspace(2.3, 0.5, 5), 0.5 + 0.02 * noise()])), NAME)


def test_scatter_that_would_hide_a_fall_cannot_be_judged():
    with pytest.raises(CannotJudgeError, match="scatters"):
        list(rules[NAME].check(trace(2.3 + 1.5 * noise(60))))


def test_few_steps_cannot_be_judged():
    with pytest.raises(CannotJudgeError, match="only 12"):
        list(rules[NAME].check(trace([1.0] * 12)))


def test_real_trainings():
    assert findings(ordinary("mlp", optimizer=lambda p: Adam(p, lr=1e-7), epochs=4), NAME)
    assert not findings(ordinary("mlp", epochs=8), NAME)
