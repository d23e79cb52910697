"""Parameters that get gradients and never move are found; deliberate partial training is no error."""

from dataclasses import replace

import pytest
import torch
from part_setups import NETS, K, case_of, found, loader, loud, made, mlp, table
from torch import nn

from whet.diagnosis.case import Case

RULE = "optimizer_misses_parameters"


def sgd(*parts, lr=0.1):
    return torch.optim.SGD([p for part in parts for p in part.parameters()], lr=lr)


@pytest.mark.parametrize("name", NETS)
def test_an_optimizer_of_another_model_is_found(name):
    build, data = NETS[name]
    model, other = build(), build()
    (finding,) = found(RULE, case_of(model, loader(*data()), optimizer=sgd(other)))
    assert finding.severity > 0.9
    assert finding.cures == ("give_all_parameters",)
    assert not found(RULE, case_of(model, loader(*data()), optimizer=sgd(model)))


def test_a_head_replaced_after_the_optimizer_was_made_is_found():
    model = mlp()
    optimizer = sgd(model)
    model[4] = made(lambda: nn.Linear(16, K))
    (finding,) = found(RULE, case_of(model, loader(*table()), optimizer=optimizer))
    assert finding.level == "severe"
    assert finding.evidence["missed"] == ("4.weight", "4.bias")
    assert "does not have" in finding.statement


def test_a_forgotten_stem_middle_or_head_is_found():
    for left_out in (0, 2, 4):
        model = mlp()
        kept = [layer for i, layer in enumerate(model) if i != left_out]
        (finding,) = found(RULE, case_of(model, loader(*table()), optimizer=sgd(*kept)))
        assert finding.level == "severe"
        assert finding.where.startswith(f"parameter '{left_out}.weight'")


class Listed(nn.Module):
    """Layers in a plain list."""

    def __init__(self, keep=list):
        super().__init__()
        self.layers = keep([made(lambda: nn.Linear(8, 8)), made(lambda: nn.Linear(8, 8), seed=1)])
        self.head = nn.Linear(8, K)

    def forward(self, x):
        for layer in self.layers:
            x = layer(x).relu()
        return self.head(x)


def test_layers_in_a_plain_list_are_found():
    (finding,) = found(RULE, case_of(made(Listed), loader(*table())))
    assert finding.level == "severe"
    assert "layers[0].weight" in finding.statement
    assert "ModuleList" in finding.advice
    assert not found(RULE, case_of(made(lambda: Listed(nn.ModuleList)), loader(*table())))


def test_a_group_at_rate_zero_is_found_unless_a_scheduler_raises_it():
    model = mlp()
    groups = [{"params": model[:4].parameters(), "lr": 0.0}, {"params": model[4].parameters()}]
    optimizer = torch.optim.SGD(groups, lr=0.1)
    assert "rate of 0" in found(RULE, case_of(model, loader(*table()), optimizer=optimizer))[0].statement
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: step / 10)
    assert not found(RULE, case_of(model, loader(*table()), optimizer=optimizer, scheduler=scheduler))


def test_the_head_alone_is_no_error():
    model = mlp()
    (finding,) = found(RULE, case_of(model, loader(*table()), optimizer=sgd(model[4])))
    assert finding.level == "moderate"
    with torch.no_grad():
        for p in model[:4].parameters():
            p.mul_(1.5)  # no longer as an initialiser left them
    assert not loud(RULE, case_of(model, loader(*table()), optimizer=sgd(model[4])))


def test_frozen_parameters_are_not_missed():
    model = mlp()
    model[0].requires_grad_(False)
    assert not found(RULE, case_of(model, loader(*table()), optimizer=sgd(model[2], model[4])))


def watched_case(model, optimizers, step, train):
    from whet.watching.recorder import Recorder

    case = case_of(model, train)
    setup = replace(case.setup, optimizer_is_ours=True)  # as where a list was watched and none is given
    with Recorder(model, optimizers, loader=train) as recorder:
        for number, (x, y) in enumerate(train):
            for one in optimizers:
                one.zero_grad()
            nn.functional.cross_entropy(model(x), y).backward()
            step(number, optimizers)
    return Case(setup=setup, trace=recorder.trace())


def test_an_optimizer_that_never_steps_is_found():
    model = mlp()
    parts = [torch.optim.SGD(model[:4].parameters(), lr=0.1), torch.optim.SGD(model[4:].parameters(), lr=0.1)]
    (finding,) = found(RULE, watched_case(model, parts, lambda n, o: o[1].step(), loader(*table())))
    assert finding.level == "severe"
    assert set(finding.evidence["missed"]) == {"0.weight", "0.bias", "2.weight", "2.bias"}


def test_layers_that_no_watched_optimizer_holds_are_found():
    model = mlp()
    parts = [torch.optim.SGD(model[:2].parameters(), lr=0.1), torch.optim.SGD(model[2:4].parameters(), lr=0.1)]
    (finding,) = found(RULE, watched_case(model, parts, lambda n, o: [p.step() for p in o], loader(*table())))
    assert set(finding.evidence["missed"]) == {"4.weight", "4.bias"}


@pytest.mark.parametrize("step", [lambda n, o: [p.step() for p in o], lambda n, o: o[n % 2].step()])
def test_several_optimizers_that_step_are_silent(step):
    model = mlp()
    parts = [torch.optim.SGD(model[:4].parameters(), lr=0.1), torch.optim.SGD(model[4:].parameters(), lr=0.1)]
    assert not found(RULE, watched_case(model, parts, step, loader(*table())))


def test_a_part_frozen_on_purpose_is_no_idle_optimizer():
    model = mlp()
    model[:4].requires_grad_(False)
    parts = [torch.optim.SGD(model[:4].parameters(), lr=0.1), torch.optim.SGD(model[4:].parameters(), lr=0.1)]
    assert not found(RULE, watched_case(model, parts, lambda n, o: o[1].step(), loader(*table())))
