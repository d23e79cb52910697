import pytest
import torch
from curing_scripts import Recurrent, applies, blobs, built, cnn, cured, mlp, pictures, script, trained_score, waves
from torch import nn

OPTIMIZERS = {
    "sgd": lambda groups: torch.optim.SGD(groups, lr=0.1, momentum=0.9),
    "adam": lambda groups: torch.optim.Adam(groups, lr=1e-2),
    "adamw": lambda groups: torch.optim.AdamW(groups, lr=1e-2),
    "rmsprop": lambda groups: torch.optim.RMSprop(groups, lr=3e-3),
}


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_a_head_exchanged_after_the_optimizer_was_built(kind):
    model = cnn()
    optimizer = OPTIMIZERS[kind](model.parameters())
    x, y = pictures()
    nn.functional.cross_entropy(model(x), y).backward()
    optimizer.step()
    model[-1] = nn.Linear(32, 2)
    setup = script(model, (x, y), pictures(seed=1), optimizer=optimizer)
    changed = cured("give_all_parameters", setup)
    assert type(changed.optimizer) is type(optimizer)
    assert {id(p) for p in changed.model.parameters()} <= {
        id(p) for g in changed.optimizer.param_groups for p in g["params"]
    }
    first = next(iter(changed.model.parameters()))
    assert changed.optimizer.state[first].keys() == optimizer.state[next(iter(model.parameters()))].keys()
    assert trained_score(changed, steps=90) > 0.85


def test_missing_ones_join_the_group_of_their_neighbours():
    model = nn.ModuleDict({"body": mlp(8, 16), "head": nn.Linear(16, 3)})
    groups = [
        {"params": [model["body"][0].weight, model["body"][0].bias], "lr": 0.1},
        {"params": [model["head"].weight], "lr": 0.5},
    ]
    setup = script(model, blobs(), optimizer=torch.optim.SGD(groups))
    changed = cured("give_all_parameters", setup)
    sizes = [len(g["params"]) for g in changed.optimizer.param_groups]
    assert sizes == [4, 2]
    assert [g["lr"] for g in changed.optimizer.param_groups] == [0.1, 0.5]


def test_an_optimizer_of_another_model():
    model = Recurrent()
    setup = script(model, waves(), waves(seed=1), optimizer=torch.optim.Adam(Recurrent().parameters(), lr=2e-2))
    assert trained_score(cured("give_all_parameters", setup), steps=120) > max(0.8, trained_score(setup) + 0.2)


def test_what_is_complete_or_frozen_stays():
    model = mlp()
    assert not applies("give_all_parameters", script(model, blobs()))
    model[0].requires_grad_(False)
    assert not applies(
        "give_all_parameters", script(model, blobs(), optimizer=torch.optim.SGD(model[2].parameters(), lr=1))
    )


@pytest.mark.parametrize("kind", [list, dict])
def test_layers_in_a_plain_list_or_dictionary(kind):
    class Listed(nn.Module):
        def __init__(self):
            super().__init__()
            layers = [nn.Linear(8, 32), nn.Linear(32, 32)]
            self.layers = layers if kind is list else {"a.b": layers[0], "c": layers[1]}
            self.head = nn.Linear(32, 3)

        def forward(self, x):
            for layer in self.layers if kind is list else self.layers.values():
                x = torch.relu(layer(x))
            return self.head(0.01 * x)

    model = built(Listed)
    setup = script(model, blobs(), blobs(seed=1), lr=1e-2)
    changed = cured("give_all_parameters", setup)
    assert len(list(changed.model.parameters())) == 6
    assert sum(len(g["params"]) for g in changed.optimizer.param_groups) == 6
    assert trained_score(changed) > max(0.85, trained_score(setup) + 0.05)


def test_a_group_whose_rate_is_0():
    model = mlp()
    groups = [{"params": model[0].parameters(), "lr": 0.0}, {"params": model[2].parameters(), "lr": 0.2}]
    changed = cured("give_all_parameters", script(model, blobs(), optimizer=torch.optim.SGD(groups)))
    assert [g["lr"] for g in changed.optimizer.param_groups] == [0.2, 0.2]
