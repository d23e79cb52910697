"""A cut graph is found as a missing gradient, a forgotten layer as a fault, a side branch as a remark."""

import pytest
import torch
from part_setups import NETS, D, K, Recurrent, case_of, cnn, found, loader, made, mlp, pictures, table, waves
from torch import nn

from whet.diagnosis.rule import rules

RULE = "unused_parameters"


class Cut(nn.Module):
    """A body and a head, with something between them."""

    def __init__(self, body, head, between):
        super().__init__()
        self.body, self.head, self.between = body, head, between

    def forward(self, x):
        return self.head(self.between(self.body, x))


def no_grad(body, x):
    with torch.no_grad():
        return body(x)


BETWEEN = {
    "detach": lambda body, x: body(x).detach(),
    "data": lambda body, x: body(x).data,
    "no_grad": no_grad,
    "numpy": lambda body, x: torch.from_numpy(body(x).detach().numpy()),
}


def cut_in(case):
    return list(rules["no_gradient"].check(case))


@pytest.mark.parametrize("between", BETWEEN)
@pytest.mark.parametrize("net", ["mlp", "cnn", "lstm"])
def test_a_cut_graph_is_found(net, between):
    body, data = {
        "mlp": lambda: (mlp(16), table()),
        "cnn": lambda: (cnn(16), pictures()),
        "lstm": lambda: (made(lambda: Recurrent(16)), waves()),
    }[net]()
    model = Cut(body, made(lambda: nn.Linear(16, K)), BETWEEN[between])
    (finding,) = cut_in(case_of(model, loader(*data)))
    assert finding.level == "severe"
    assert "head" in finding.where
    assert not found(RULE, case_of(model, loader(*data)))
    whole = Cut(body, model.head, lambda body, x: body(x))
    assert not found(RULE, case_of(whole, loader(*data)))
    assert not cut_in(case_of(whole, loader(*data)))


def test_a_layer_that_forward_forgets_is_found():
    class Forgetful(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second, self.head = nn.Linear(D, 16), nn.Linear(16, 16), nn.Linear(16, K)

        def forward(self, x):
            return self.head(self.first(x).relu())

    (finding,) = found(RULE, case_of(made(Forgetful), loader(*table())))
    assert finding.level == "moderate"
    assert finding.where == "layer 'second'"


def test_a_side_branch_is_a_remark():
    class Sided(nn.Module):
        def __init__(self):
            super().__init__()
            self.body, self.head, self.other = mlp(16), nn.Linear(16, K), nn.Linear(16, 16)

        def forward(self, x):
            h = self.body(x)
            self.other(h)
            return self.head(h)

    (finding,) = found(RULE, case_of(made(Sided), loader(*table())))
    assert finding.level == "slight"


def test_a_teacher_without_gradients_beside_the_network_is_a_remark():
    class Taught(nn.Module):
        def __init__(self):
            super().__init__()
            self.teacher, self.student = mlp(), mlp()

        def forward(self, x):
            with torch.no_grad():
                taught = self.teacher(x)
            return self.student(x) + 0.1 * taught

    (finding,) = found(RULE, case_of(Taught(), loader(*table())))
    assert finding.level == "slight"


class Skipping(nn.Module):
    """What its middle gives is overwritten, or returned beside the answer, or used."""

    def __init__(self, use, stem, middle, head):
        super().__init__()
        self.use, self.stem, self.middle, self.head = use, stem, middle, head

    def forward(self, x):
        h = self.stem(x)
        g = self.middle(h)
        return self.head(g if self.use == "used" else h), (g if self.use == "returned" else h)


def skipping(kind, use, width=16):
    build = {
        "mlp": lambda: Skipping(
            use,
            nn.Linear(D, 16),
            nn.Sequential(nn.Linear(16, width), nn.ReLU(), nn.Linear(width, 16)),
            nn.Linear(16, K),
        ),
        "cnn": lambda: Skipping(
            use,
            nn.Conv2d(1, 4, 3),
            nn.Sequential(nn.Conv2d(4, width, 3, padding=1), nn.ReLU(), nn.Conv2d(width, 4, 1)),
            nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, K)),
        ),
    }[kind]
    data = {"mlp": table, "cnn": pictures}[kind]()
    first = lambda outputs, targets: nn.functional.cross_entropy(outputs[0], targets)  # noqa: E731
    return case_of(made(build), loader(*data), first)


@pytest.mark.parametrize("kind", ["mlp", "cnn"])
def test_a_large_part_that_runs_and_is_thrown_away_is_a_fault(kind):
    (finding,) = found(RULE, skipping(kind, "skipped", width=24))
    assert 0.5 <= finding.severity <= 0.75
    (more,) = found(RULE, skipping(kind, "skipped", width=80))
    assert more.severity > finding.severity
    assert not found(RULE, skipping(kind, "used"))


@pytest.mark.parametrize("kind", ["mlp", "cnn"])
def test_small_or_returned_parts_are_remarks(kind):
    for case in (skipping(kind, "returned"), skipping(kind, "skipped", width=1)):
        (finding,) = found(RULE, case)
        assert finding.level == "slight"


@pytest.mark.parametrize("name", NETS)
def test_whole_networks_are_silent(name):
    build, data = NETS[name]
    assert not found(RULE, case_of(build(), loader(*data())))


def test_dead_units_and_zero_heads_are_not_meant():
    model = mlp()
    with torch.no_grad():
        model[0].bias.fill_(-100)
        model[4].weight.zero_()
    assert not found(RULE, case_of(model, loader(*table())))
