"""A network of the user's own and a source as an ordinary training script."""

import numpy as np
import pandas as pd
import pytest
import torch

from whet.diagnosis.ordinary_loop import train_stretch
from whet.errors import ConfigError, DataError
from whet.improving.own_setup import own_setup

NETS = """
import torch
from torch import nn

def table(num_features, num_outputs):
    return nn.Sequential(nn.Linear(num_features, 16), nn.ReLU(), nn.Linear(16, num_outputs))

class Text(nn.Module):
    def __init__(self, vocab_size, num_outputs):
        super().__init__()
        self.embed, self.out = nn.Embedding(vocab_size, 8), nn.Linear(8, num_outputs)

    def forward(self, tokens, mask):
        weights = mask.float().unsqueeze(-1)
        return self.out((self.embed(tokens) * weights).sum(1) / weights.sum(1)), weights
"""


@pytest.fixture
def nets(tmp_path):
    path = tmp_path / "nets.py"
    path.write_text(NETS)
    return str(path)


def frame(num=200):
    rng = np.random.default_rng(0)
    x, colour = rng.normal(size=(num, 2)), rng.choice(["red", "blue"], num)
    return pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "colour": colour, "y": np.where(x[:, 0] > 0, "up", "down")})


def losses(setup, epochs=12):
    return train_stretch(setup.copy(), epochs=epochs).losses


def test_a_table_becomes_tensors_that_the_network_learns_from(nets):
    setup = own_setup(f"{nets}:table", frame(), target="y")
    (x, y), *_ = setup.train
    assert x.dtype == torch.float32
    assert y.dtype == torch.int64
    assert len(x) == len(y)
    seen = losses(setup, 40)
    assert np.mean(seen[-3:]) < 0.8 * np.mean(seen[:3])


def test_texts_come_with_the_arguments_that_forward_names(nets):
    rng = np.random.default_rng(0)
    kinds = rng.choice(["sea", "hill"], 120)
    words = {"sea": ["ship", "wave", "tide"], "hill": ["goat", "rock", "snow"]}
    texts = [" ".join([*rng.choice(words[k], rng.integers(3, 9)), "the day"]) for k in kinds]
    setup = own_setup(f"{nets}:Text", pd.DataFrame({"text": texts, "kind": kinds}), target="kind")
    outputs, targets = setup.forward(setup.model, next(iter(setup.train)))
    assert outputs.shape == (len(targets), 2)
    assert np.isfinite(losses(setup, 1)).all()


def test_a_number_is_standardised_and_keeps_its_axis(nets):
    data = frame().assign(y=1000 + 50 * frame()["a"])
    setup = own_setup(f"{nets}:table", data, target="y")
    targets = torch.cat([y for _, y in setup.train])
    assert targets.shape[1] == 1
    assert abs(float(targets.mean())) < 0.3
    assert 0.7 < float(targets.std()) < 1.3


def test_training_batches_are_shuffled_and_validation_is_not(nets):
    setup = own_setup(f"{nets}:table", frame(), target="y")
    once, again = ([y for _, y in setup.train] for _ in range(2))
    assert not torch.equal(torch.cat(once), torch.cat(again))
    assert sorted(torch.cat(once).tolist()) == sorted(torch.cat(again).tolist())
    assert torch.equal(*(torch.cat([x for x, _ in setup.valid]) for _ in range(2)))
    assert len(list(setup.train)) == len(setup.train)


def test_what_does_not_fit_is_told(nets):
    with pytest.raises(ConfigError, match=r"failed on an input|needs 'vocab_size'"):
        own_setup(f"{nets}:Text", frame(), target="y")
    with pytest.raises(DataError):
        own_setup(f"{nets}:table", "no/such/file.csv", target="y")
