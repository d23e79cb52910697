import time

from during_scripts import build, examples, findings, loader, watched_loop
from torch.nn import functional as F
from torch.optim import SGD

from whet.diagnosis.case import Case
from whet.watching.trace import Step, Trace

NAME = "slow_input"


def trace(wait_s, compute_s, n=100):
    steps = [Step(index=i, seconds=i, loss=1.0, wait_s=wait_s, compute_s=compute_s) for i in range(n)]
    return Case(trace=Trace(steps=tuple(steps)))


def test_waiting_for_most_of_the_time_is_found_and_never_severe():
    (found,) = findings(trace(0.09, 0.01), NAME)
    assert found.evidence["value"] > 0.85
    assert found.severity <= 0.6
    (milder,) = findings(trace(0.05, 0.05), NAME)
    assert milder.severity < 0.4 < found.severity


def test_waiting_that_costs_nobody_anything_is_silent():
    assert not findings(trace(0.001, 0.0005), NAME)
    assert not findings(trace(0.02, 0.2), NAME)
    assert not findings(trace(0.5, 0.1, n=5), NAME)


def test_a_real_loop_over_a_slow_source_is_found():
    model = build("mlp")
    optimizer = SGD(model.parameters(), lr=0.01)
    batches = list(loader(*examples("mlp", 64), batch_size=2))[:30]

    def slow():
        for batch in batches:
            time.sleep(0.08)
            yield batch

    def step(number, batch):
        optimizer.zero_grad()
        F.cross_entropy(model(batch[0]), batch[1]).backward()
        optimizer.step()

    case = watched_loop(model, optimizer, slow(), step)
    assert findings(case, NAME)
