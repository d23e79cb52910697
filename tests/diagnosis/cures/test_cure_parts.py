"""What several cures share: the optimiser follows, calls are caught however they are written, batches regroup."""

import pytest
import torch
from curing_scripts import blobs, mlp, script
from torch import nn

from whet.diagnosis.cures.parts.following import follow, names_of
from whet.diagnosis.cures.parts.interception import Intercepting
from whet.diagnosis.cures.parts.regrouping import join, num_examples, pick

OPTIMIZERS = [
    lambda groups: torch.optim.SGD(groups, lr=0.1, momentum=0.9),
    lambda groups: torch.optim.Adam(groups, lr=0.1),
    lambda groups: torch.optim.AdamW(groups, lr=0.1),
    lambda groups: torch.optim.RMSprop(groups, lr=0.1, momentum=0.5),
    lambda groups: torch.optim.Adagrad(groups, lr=0.1),
]


@pytest.mark.parametrize("make", OPTIMIZERS)
def test_the_optimizer_follows_an_exchange_and_keeps_what_stays(make):
    model = mlp()
    optimizer = make([{"params": model[0].parameters(), "lr": 0.01}, {"params": model[2].parameters()}])
    x, y = blobs(16)
    nn.functional.cross_entropy(model(x), y).backward()
    optimizer.step()
    state, before = optimizer.state[model[0].weight], names_of(model)
    gone = model[2].weight
    model[2] = nn.Linear(32, 3, bias=False)
    follow(optimizer, before, model)
    assert [[id(p) for p in g["params"]] for g in optimizer.param_groups] == [
        [id(model[0].weight), id(model[0].bias)],
        [id(model[2].weight)],
    ]
    assert [g["lr"] for g in optimizer.param_groups] == [0.01, 0.1]
    assert optimizer.state[model[0].weight] is state
    assert gone not in optimizer.state
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(x), y).backward()
    kept = model[2].weight.detach().clone()
    optimizer.step()
    assert not torch.equal(model[2].weight, kept)


def test_sparse_gradients_keep_working():
    model = nn.Sequential(nn.EmbeddingBag(20, 4, sparse=True), nn.Linear(4, 2))
    optimizer = torch.optim.SparseAdam(model[0].parameters())
    before = names_of(model)
    model[0] = nn.EmbeddingBag(30, 4, sparse=True)
    follow(optimizer, before, model)
    model(torch.randint(0, 30, (5, 3))).sum().backward()
    kept = model[0].weight.detach().clone()
    optimizer.step()
    assert not torch.equal(model[0].weight, kept)


@pytest.mark.parametrize(
    "call",
    [
        nn.ReLU(),
        nn.ReLU(inplace=True),
        torch.relu,
        nn.functional.relu,
        lambda x: x.relu(),
        lambda x: x.clone().relu_(),
        lambda x: nn.functional.relu(input=x),
    ],
)
def test_a_call_is_caught_however_it_is_written(call):
    x = torch.tensor([-1.0, 2.0])
    with Intercepting({"relu"}, lambda c: c.outputs * 3):
        assert call(x).tolist() == [-3.0, 6.0]
    assert call(x.clone()).tolist() == [0.0, 2.0]


def test_batches_of_any_structure_come_apart_and_together():
    x = torch.arange(6.0)
    batches = [
        {"x": x[i : i + 2], "words": [str(i), str(i + 1)], "pair": (x[i : i + 2, None], x[i : i + 2].numpy())}
        for i in (0, 2, 4)
    ]
    whole = join(batches)
    assert num_examples(whole) == 6
    part = pick(whole, torch.tensor([5, 0]))
    assert part["x"].tolist() == [5, 0]
    assert part["words"] == ["5", "0"]
    assert part["pair"][1].tolist() == [5, 0]


def test_cures_work_one_after_the_other():
    from whet.diagnosis.case import Case
    from whet.diagnosis.cures.cure import cures
    from whet.diagnosis.ordinary_loop import train_stretch
    from whet.diagnosis.scoring import score
    from whet.diagnosis.setup import LoopSettings

    (x, y), (xv, yv) = blobs(), blobs(seed=1)
    model = nn.Sequential(nn.Linear(8, 32), nn.BatchNorm1d(32), nn.Sigmoid(), nn.Linear(32, 3), nn.Softmax(dim=1))
    optimizer = torch.optim.SGD(
        [{"params": model[0].parameters()}, {"params": model[1:].parameters(), "lr": 0.2}], lr=0.1
    )
    setup = script(
        model,
        (300 * x, y + 1),
        (300 * xv, yv + 1),
        optimizer=optimizer,
        scheduler=torch.optim.lr_scheduler.StepLR(optimizer, 5, 0.5),
        loop=LoopSettings(accumulate=2),
        shuffle=False,
    )
    names = (
        "relabel_range standardise_inputs remove_output_activation replace_activation group_norm shuffle clip_gradients"
    )
    for name in names.split():
        assert cures[name].applies(Case(setup=setup)), name
        setup = cures[name].apply(Case(setup=setup), None)
    train_stretch(setup, epochs=10)
    assert setup.loop == LoopSettings(accumulate=2, clip_norm=1.0)
    assert score(setup).values.mean() > 0.85
