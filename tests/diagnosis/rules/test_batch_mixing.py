"""Leaks between the examples of a batch are found; normalisation and time-first networks done right are not."""

import pytest
import torch
from part_setups import (
    NETS,
    Attention,
    B,
    D,
    K,
    Recurrent,
    T,
    case_of,
    found,
    loader,
    made,
    mlp,
    net_case,
    table,
    texts,
    waves,
)
from torch import nn

from whet.errors import CannotJudgeError

RULE = "batch_mixing"


@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU, nn.RNN])
@pytest.mark.parametrize("size", [B, T])
def test_a_recurrent_network_over_the_examples_is_found(kind, size):
    model = made(lambda: Recurrent(batch_first=False, kind=kind))
    (finding,) = found(RULE, case_of(model, loader(*waves(60 // size * size), batch_size=size)))
    assert finding.level == "severe"
    assert finding.cures == ("batch_first",)
    assert finding.where == "layer 'body'"
    right = made(lambda: Recurrent(batch_first=True, kind=kind))
    assert not found(RULE, case_of(right, loader(*waves(60 // size * size), batch_size=size)))


def test_attention_over_the_examples_is_found():
    assert found(RULE, case_of(made(lambda: Attention(batch_first=False)), loader(*texts())))
    assert not found(RULE, case_of(made(Attention), loader(*texts())))


class After(nn.Module):
    def __init__(self, work):
        super().__init__()
        self.body, self.work, self.head = mlp(8), work, nn.Linear(8, K)

    def forward(self, x):
        return self.head(self.work(self.body(x)))


@pytest.mark.parametrize(
    "work",
    [
        lambda h: h.reshape(8, -1).T,
        lambda h: h * h.softmax(dim=0),
        lambda h: (h @ h.T).softmax(dim=1) @ h,
        lambda h: h.cumsum(dim=0),
    ],
    ids=["view", "softmax", "attention", "cumsum"],
)
def test_an_axis_taken_for_another_is_found(work):
    (finding,) = found(RULE, case_of(made(lambda: After(work)), loader(*table())))
    assert finding.evidence["value"] > finding.evidence["threshold"]
    assert finding.level in ("severe", "moderate")


def test_tokens_of_all_examples_under_one_another_are_fine():
    model = made(lambda: nn.Sequential(nn.Embedding(30, 8), nn.Linear(8, 30), nn.Flatten(0, 1)))
    x, _ = texts()
    case = case_of(model, loader(x, x), lambda o, t: nn.functional.cross_entropy(o, t.reshape(-1)))
    assert not found(RULE, case)


@pytest.mark.parametrize("name", NETS)
def test_ordinary_networks_are_silent(name):
    assert not list(found(RULE, net_case(name)))


def test_graphs_and_normalisation_without_running_values_are_not_judged():
    from whet.diagnosis.rule import rules

    model = made(lambda: nn.Sequential(nn.Linear(D, 8), nn.BatchNorm1d(8, track_running_stats=False), nn.Linear(8, K)))
    with pytest.raises(CannotJudgeError, match="on purpose"):
        list(rules[RULE].check(case_of(model, loader(*table()))))

    class Graph(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(D, K)

        def forward(self, x, neighbours):
            return neighbours @ self.layer(x)

    x, y = table()
    near = (torch.cdist(x, x) < 3).float()
    with pytest.raises(CannotJudgeError, match="graph"):
        list(rules[RULE].check(case_of(made(Graph), [(x, near, y)])))
