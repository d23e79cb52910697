import pytest
import torch
from during_scripts import build, case_of, examples, findings, loader, watched_loop
from torch.nn import functional as F
from torch.optim import SGD, Adam

from whet.diagnosis.case import Case
from whet.watching.trace import Step, Trace

NAME = "non_finite"


def test_a_nan_among_the_inputs_is_named_as_the_source():
    x, y = examples("mlp", 96)
    x[40, 3] = float("nan")
    model = build("mlp")
    (found,) = findings(case_of(model, Adam(model.parameters(), lr=3e-3), (x, y), epochs=2), NAME)
    assert found.evidence["first"].startswith("input")
    assert found.severity >= 0.9
    assert found.cures[0] == "drop_non_finite"


@pytest.mark.parametrize("kind", ["mlp", "bag"])
def test_a_loss_that_overflows_is_found_at_its_step(kind):
    model = build(kind)
    optimizer = SGD(model.parameters(), lr=1e6)

    def step(number, batch):
        optimizer.zero_grad()
        (model(batch[0]) ** 2).mean().backward()
        optimizer.step()

    (found,) = findings(watched_loop(model, optimizer, loader(*examples(kind)), step), NAME)
    assert found.evidence["step"] > 0
    assert found.cures[0] == "lower_rate"


def test_a_sound_training_is_silent():
    model = build("lstm")
    optimizer = SGD(model.parameters(), lr=0.1)

    def step(number, batch):
        optimizer.zero_grad()
        F.cross_entropy(model(batch[0]), batch[1]).backward()
        optimizer.step()

    assert not findings(watched_loop(model, optimizer, loader(*examples("lstm")), step), NAME)


def test_a_scaler_that_skips_its_first_steps_is_silent():
    steps = [
        Step(index=i, seconds=i, loss=1.0, first_broken="gradient of '0.weight'" if i < 2 else "") for i in range(40)
    ]
    assert not findings(Case(trace=Trace(steps=tuple(steps))), NAME)


def test_a_loss_of_nan_to_the_end_is_severe():
    steps = [Step(index=i, seconds=i, loss=1.0 if i < 5 else float("nan")) for i in range(10)]
    (found,) = findings(Case(trace=Trace(steps=tuple(steps))), NAME)
    assert found.evidence["step"] == 5
    assert torch.tensor(found.evidence["value"]) == 0.5
    assert found.level == "severe"


def test_a_loss_that_cannot_be_computed_while_it_falls_is_no_matter_of_the_rate():
    model = build("mlp")
    optimizer = SGD(model.parameters(), lr=0.05)
    x, y = examples("mlp")

    def step(number, batch):
        optimizer.zero_grad()
        probs = model(batch[0]).softmax(dim=1)
        right = probs[torch.arange(len(probs)), batch[1]]
        floor = 1.0 if number < 3 else 0.0  # from then on one example is taken for impossible
        (-torch.log(right * torch.cat([right.new_full((1,), floor), right.new_ones(len(right) - 1)])).mean()).backward()
        optimizer.step()

    case = watched_loop(model, optimizer, loader(x, y), step)
    (found,) = findings(case, NAME)
    assert found.cures[0] == "skip_broken_steps"
    assert "log(0)" in found.advice
    assert not findings(case, "learning_rate_too_high")
