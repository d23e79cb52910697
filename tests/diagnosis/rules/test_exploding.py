import numpy as np
from during_scripts import build, examples, findings, loader, watched_loop
from torch.nn import functional as F
from torch.optim import SGD

from whet.diagnosis.case import Case
from whet.rng import make_numpy_generator
from whet.watching.trace import Step, Trace

NAME = "exploding"


def trace(losses, norms):
    steps = [Step(index=i, seconds=i, loss=float(v), gradient=float(g)) for i, (v, g) in enumerate(zip(losses, norms))]
    return Case(trace=Trace(steps=tuple(steps)))


def test_a_leap_of_gradient_and_loss_is_found_at_its_step():
    g = make_numpy_generator(0, "leap")
    losses, norms = np.linspace(2, 1, 60) + 0.05 * g.normal(size=60), np.exp(0.2 * g.normal(size=60))
    losses[40:], norms[40:] = 30.0, 500.0
    (found,) = findings(trace(losses, norms), NAME)
    assert found.evidence["steps"][0] == 40
    assert found.evidence["value"] > 100
    assert found.level == "severe"


def test_norms_that_scatter_over_decades_as_with_single_examples_are_silent():
    g = make_numpy_generator(0, "scatter")
    size = np.exp(2.0 * g.normal(size=400))
    assert not findings(trace(0.3 * size, size), NAME)


def test_one_strange_batch_from_which_the_loss_recovers_is_not_severe():
    losses, norms = np.linspace(2, 1, 60), np.ones(60) + np.linspace(0, 0.1, 60)
    losses[30], norms[30] = 9.0, 80.0
    assert all(f.level != "severe" for f in findings(trace(losses, norms), NAME))


def watch(kind, lr):
    model = build(kind)
    optimizer = SGD(model.parameters(), lr=lr)

    def step(number, batch):
        optimizer.zero_grad()
        F.mse_loss(model(batch[0]), F.one_hot(batch[1], 3).float()).backward()
        optimizer.step()

    return watched_loop(model, optimizer, loader(*examples(kind)), step, epochs=3)


def test_a_real_divergence_is_found_and_its_sound_twin_is_silent():
    for kind in ("mlp", "bag"):
        assert not findings(watch(kind, 0.05), NAME), kind
    for kind, lr in (("mlp", 20.0), ("bag", 100.0)):
        case = watch(kind, lr)
        assert findings(case, NAME) or findings(case, "non_finite"), kind
