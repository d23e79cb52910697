"""The user's own network as an architecture: what it is given, what it may ask for, and what each mistake says."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import whet.data.encoders
import whet.models.estimators
import whet.tasks  # noqa: F401  (these fill the registries)
from whet.data.encoders.encoder import encoder_for
from whet.data.kinds import Modality
from whet.errors import BundleError, ConfigError
from whet.improving.own_model import check_own, own_recipe
from whet.models.architecture import architectures, build
from whet.recipe import Length, Recipe
from whet.remedies.remedy import remedies
from whet.tasks.task import task_for
from whet.testing.examples import target_of, tiny
from whet.training.fit import fit
from whet.training.fitted import FitSetting
from whet.training.gathering import gather_facts
from whet.training.restore import restore

NETS = """
import torch
from torch import nn
import torch

class Table(nn.Module):
    def __init__(self, num_features, num_outputs, width=24, dropout=0.0):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(num_features, width), nn.ReLU(), nn.Dropout(dropout))
        self.out = nn.Linear(width, num_outputs)

    def forward(self, x):
        return self.out(self.body(x))

def picture(in_channels, num_classes):
    return nn.Sequential(nn.Conv2d(in_channels, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.AdaptiveAvgPool2d(1),
                         nn.Flatten(), nn.Linear(8, num_classes))

class Text(nn.Module):
    def __init__(self, vocab_size, num_outputs):
        super().__init__()
        self.embed = nn.Embedding(vocab_size, 12, padding_idx=0)
        self.lstm = nn.LSTM(12, 12, batch_first=True)
        self.out = nn.Linear(12, num_outputs)

    def forward(self, tokens, lengths):
        states, _ = self.lstm(self.embed(tokens))
        return self.out(states[torch.arange(len(tokens)), lengths - 1]), states

class Series(nn.Module):
    def __init__(self, input_shape, num_outputs):
        super().__init__()
        self.conv = nn.Conv1d(input_shape[0], 6, 5)
        self.out = nn.Linear(6, num_outputs)

    def forward(self, x):
        return self.out(self.conv(x).amax(dim=2)).squeeze(-1)

def no_head(num_features, num_outputs):
    return nn.Sequential(nn.Linear(num_features, num_outputs), nn.Tanh())

def asks(num_features, num_outputs, secret):
    return nn.Linear(num_features, num_outputs)

def wide(num_features):
    return nn.Linear(num_features, 77)

def fails(num_features, num_outputs):
    raise RuntimeError("no luck today")

def number(num_features, num_outputs):
    return 3

def frozen(num_features, num_outputs):
    return nn.Linear(num_features, num_outputs).requires_grad_(False)

def strange(num_features, num_outputs):
    class Strange(nn.Module):
        def __init__(self):
            super().__init__()
            self.w = nn.Linear(num_features, num_outputs)
        def forward(self, x):
            return {"logits": self.w(x)}
    return Strange()

constant = 5
"""


@pytest.fixture
def nets(tmp_path):
    """The path of a file with networks, to be followed by a colon and a name."""
    path = tmp_path / "nets.py"
    path.write_text(NETS)
    return str(path)


def spec_of(modality):
    data = tiny(modality)
    recipe = recipe_of("x.py:f", data)
    return encoder_for(modality).fit(data, recipe.encoding, seed=0), data


def recipe_of(name, data):
    task, target = task_for(data.schema), target_of(data)
    return own_recipe(name, task, gather_facts(task, target, "accuracy", data, seed=0))


FITTING = [
    ("Table", Modality.TABLE),
    ("picture", Modality.IMAGE),
    ("Text", Modality.TEXT),
    ("Series", Modality.SERIES),
]


@pytest.mark.parametrize(("factory", "modality"), FITTING)
def test_every_kind_of_data_reaches_a_network_of_ones_own(nets, factory, modality):
    encoder, data = spec_of(modality)
    model = build(f"{nets}:{factory}", encoder.spec, 3, {}, seed=0)
    batch = encoder.encode(data).only(model.parts).batch(np.arange(6))
    outputs = model(batch)
    assert outputs.shape == (6, 3)
    outputs.square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters())
    model.eval()
    assert torch.allclose(model.head(model.forward_features(batch)), model(batch), atol=1e-6)
    model.reset_head(5)
    assert model(batch).shape == (6, 5)


@pytest.mark.parametrize(("factory", "modality"), FITTING)
def test_it_trains_and_comes_back_from_its_state_bit_for_bit(nets, factory, modality):
    data = tiny(modality)
    recipe = replace(recipe_of(f"{nets}:{factory}", data), length=Length(epochs=2.0))
    target = target_of(data)
    fitted = fit(recipe, target, data, None, setting=FitSetting(num_threads=1)).fitted
    again = restore(Recipe.from_yaml(recipe.to_yaml()), target, fitted.state())
    assert np.array_equal(again.scores(data), fitted.scores(data))


def test_one_number_may_come_without_its_axis(nets):
    encoder, data = spec_of(Modality.SERIES)
    model = build(f"{nets}:Series", encoder.spec, 1, {}, seed=0)
    assert model(encoder.encode(data).only(model.parts).batch(np.arange(4))).shape == (4, 1)


def test_the_same_seed_gives_the_same_weights_and_touches_no_global_state(nets):
    encoder, _ = spec_of(Modality.TABLE)
    before = torch.get_rng_state()
    one, two, other = (build(f"{nets}:Table", encoder.spec, 3, {}, seed=s).state_dict() for s in (0, 0, 1))
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(one[k], two[k]) for k in one)
    assert any(not torch.equal(one[k], other[k]) for k in one)


def test_settings_are_the_factorys_own_arguments_and_remedies_change_them(nets):
    data = tiny(Modality.TABLE)
    recipe = recipe_of(f"{nets}:Table", data)
    facts = gather_facts(task_for(data.schema), target_of(data), "accuracy", data, seed=0)
    ((_, wider),) = remedies["wider"].propose(recipe, facts)
    assert wider.settings == {"width": 32}
    ((_, dropped),) = remedies["dropout"].propose(recipe, facts)
    assert dropped.settings["dropout"] > 0
    assert not remedies["deeper"].propose(recipe, facts)  # it has no depth
    encoder, _ = spec_of(Modality.TABLE)
    assert build(recipe.architecture, encoder.spec, 3, wider.settings, seed=0).head.in_features == 32
    with pytest.raises(ConfigError, match=r"no setting 'widht'.*Did you mean 'width'"):
        build(recipe.architecture, encoder.spec, 3, {"widht": 3}, seed=0)


def test_a_network_without_a_linear_end_works_but_keeps_its_head(nets):
    encoder, data = spec_of(Modality.TABLE)
    model = build(f"{nets}:no_head", encoder.spec, 3, {}, seed=0)
    assert model(encoder.encode(data).batch(np.arange(4))).shape == (4, 3)
    with pytest.raises(ConfigError, match="does not end in a linear layer"):
        model.reset_head(4)


@pytest.mark.parametrize(
    ("factory", "said"),
    [
        ("asks", r"needs 'secret'.*num_features.*default"),
        ("wide", r"into \(2, 77\); \(2, 3\) is needed.*num_outputs"),
        ("fails", r"could not be built in nets.py line \d+ .*RuntimeError: no luck today"),
        ("number", "returned int; it must return a torch.nn.Module"),
        ("frozen", "no trainable parameter"),
        ("strange", "returned dict; it must return a tensor"),
        ("constant", "name a function or class"),
        ("Tabel", "Did you mean 'Table'"),
        ("picture", r"needs 'in_channels'|shape"),
        ("", "must be written as"),
    ],
)
def test_every_mistake_is_one_message(nets, factory, said):
    data = tiny(Modality.TABLE)
    with pytest.raises(ConfigError, match=said):
        check_own(recipe_of(f"{nets}:{factory}", data), target_of(data), data)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("no_such_module_here:f", "no module 'no_such_module_here'"),
        ("no/such/file.py:f", "no file 'no/such/file.py'"),
    ],
)
def test_code_that_is_not_there_is_named(name, said):
    with pytest.raises(ConfigError, match=said):
        architectures[name]


def test_code_that_fails_to_import_is_shown_with_its_line(tmp_path):
    path = tmp_path / "broken.py"
    path.write_text("import math\n\nmath.sqroot(2)\n")
    with pytest.raises(
        ConfigError, match=r"importing .* failed in broken.py line 3 \(math.sqroot\(2\)\): AttributeErr"
    ):
        architectures[f"{path}:f"]
    path.write_text("def f(:\n")
    with pytest.raises(ConfigError, match="line 1: SyntaxError"):
        architectures[f"{path}:f"]
    path.write_text("import a_package_that_is_nowhere\n")
    with pytest.raises(ConfigError, match="needs the package 'a_package_that_is_nowhere'"):
        architectures[f"{path}:f"]


def test_changed_code_is_noticed(nets, tmp_path):
    data, target = tiny(Modality.TABLE), target_of(tiny(Modality.TABLE))
    recipe = replace(recipe_of(f"{nets}:Table", data), length=Length(epochs=1.0))
    state = fit(recipe, target, data, None, setting=FitSetting(num_threads=1)).fitted.state()
    path = tmp_path / "nets.py"
    path.write_text(NETS + "\n# a remark\n")
    with pytest.warns(UserWarning, match="has changed since it was trained"):
        restore(recipe, target, state)
    path.write_text(NETS.replace("width=24", "width=20"))
    with pytest.warns(UserWarning, match="has changed"), pytest.raises(BundleError, match="do not fit the network"):
        restore(recipe, target, state)


def test_own_names_are_not_listed_among_the_registered():
    assert "nets.py:build" in architectures
    assert not [name for name in architectures if ":" in name]
