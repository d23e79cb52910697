"""Numbers of layers: dead, saturated and broken ones are told from sound ones, also where activations are functions."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from whet.rng import drawing_globally
from whet.watching.recorder import Recorder


@pytest.fixture(autouse=True)
def draws():
    with drawing_globally(0, "layer tests"):
        yield


def first_step(model, *inputs, loss=lambda out: out.pow(2).mean()):
    opt = torch.optim.SGD(model.parameters(), lr=0.01)
    with Recorder(model, opt) as recorder:
        loss(model(*inputs)).backward()
        opt.step()
    assert not recorder.trouble
    return recorder.trace().steps[0]


class Calling(nn.Module):
    def __init__(self, activation, bias=0.0):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(6, 8), nn.Linear(8, 3)
        nn.init.constant_(self.fc1.bias, bias)
        self.activation = activation

    def forward(self, x):
        return self.fc2(self.activation(self.fc1(x)))


@pytest.mark.parametrize("relu", [F.relu, torch.relu, lambda x: x.relu(), lambda x: x.relu_(), nn.ReLU()])
def test_dead_units_show_however_the_activation_is_called(relu):
    dead = first_step(Calling(relu, bias=-100.0), torch.randn(16, 6))
    sound = first_step(Calling(relu), torch.randn(16, 6))
    name = "activation" if isinstance(relu, nn.Module) else "fc1 > relu"
    assert list(dead.layers) == ["fc1", name, "fc2"]
    assert dead.layers[name].kind == "ReLU"
    assert dead.layers[name].silent == 1.0
    assert sound.layers[name].silent < 0.3


@pytest.mark.parametrize(("function", "kind"), [(torch.tanh, "Tanh"), (F.sigmoid, "Sigmoid"), (nn.Tanh(), "Tanh")])
def test_saturation_shows(function, kind):
    flat = first_step(Calling(function, bias=30.0), torch.randn(16, 6))
    sound = first_step(Calling(function), torch.randn(16, 6))
    name = list(flat.layers)[1]
    assert flat.layers[name].kind == kind
    assert flat.layers[name].flat == 1.0
    assert sound.layers[name].flat == 0.0


def test_units_are_channels_in_pictures_and_the_last_axis_in_sequences():
    picture = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU())
    nn.init.constant_(picture[0].bias, 5.0)
    picture[0].bias.data[0] = -50.0
    assert first_step(picture, torch.randn(4, 1, 6, 6)).layers["1"].silent == 0.25
    words = nn.Sequential(nn.Embedding(9, 4), nn.Linear(4, 8), nn.ReLU())
    nn.init.constant_(words[1].bias, 5.0)
    words[1].bias.data[:2] = -50.0
    assert first_step(words, torch.randint(0, 9, (4, 7))).layers["2"].silent == 0.25
    series = nn.Sequential(nn.Conv1d(2, 4, 3), nn.ReLU())
    nn.init.constant_(series[0].bias, 5.0)
    series[0].bias.data[:2] = -50.0
    assert first_step(series, torch.randn(4, 2, 9)).layers["1"].silent == 0.5


def test_numbers_are_those_of_the_output():
    model = nn.Sequential(nn.Linear(6, 8))
    x = torch.randn(16, 6)
    out = model(x).detach()
    seen = first_step(model, x).layers["0"]
    assert seen.mean == pytest.approx(out.mean().item(), abs=1e-6)
    assert seen.std == pytest.approx(out.std(correction=0).item(), rel=1e-5)
    assert seen.most == pytest.approx(out.abs().max().item())


def test_shared_parametrised_and_packed_layers_are_seen_once_each():
    shared = nn.Linear(6, 6)
    step = first_step(nn.Sequential(shared, nn.ReLU(), shared), torch.randn(4, 6))
    assert list(step.layers) == ["0", "1"]
    step = first_step(nn.Sequential(nn.utils.parametrizations.weight_norm(nn.Linear(6, 3))), torch.randn(4, 6))
    assert step.layers["0"].kind == "ParametrizedLinear"
    assert len(step.parameters) == 3

    class Packed(nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn = nn.GRU(3, 4)

        def forward(self, x):
            return self.rnn(nn.utils.rnn.pack_padded_sequence(x, [5, 2]))[1]

    assert first_step(Packed(), torch.randn(5, 2, 3)).layers["rnn"].std > 0


def broken_step(model, x, *, loss=lambda out: out.mean(), at=0, steps=1, **settings):
    """The first record with something broken of a training that goes wrong at step ``at``."""
    opt = torch.optim.SGD(model.parameters(), lr=0.01)
    with Recorder(model, opt, **settings) as recorder:
        for i in range(steps):
            opt.zero_grad()
            loss(model(x[i] if isinstance(x, list) else x)).backward()
            opt.step()
    assert not recorder.trouble
    return next(s for s in recorder.trace().steps if s.first_broken), recorder.trace()


class Dividing(nn.Module):
    def forward(self, x):
        return x / (x * 0)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_broken_inputs_are_named(bad):
    x = torch.randn(8, 6)
    x[3, 2] = bad
    assert broken_step(nn.Sequential(nn.Linear(6, 3), nn.ReLU()), x)[0].first_broken == "inputs"


def test_the_first_broken_layer_is_named():
    model = nn.Sequential(nn.Linear(6, 3), Dividing(), nn.Linear(3, 1))
    step, _ = broken_step(model, torch.randn(8, 6))
    assert step.first_broken == "layer '1' (Dividing)"
    assert step.layers["1"].broken == 1.0
    assert step.layers["2"].most == 0.0


def test_a_broken_parameter_is_named_before_the_layers_that_use_it():
    model = nn.Sequential(nn.Linear(6, 3), nn.Linear(3, 1))
    model[1].weight.data[0, 0] = float("nan")
    assert broken_step(model, torch.randn(8, 6))[0].first_broken == "parameter '1.weight'"


def test_a_loss_that_breaks_alone_is_named_and_so_is_a_gradient():
    step, _ = broken_step(nn.Sequential(nn.Linear(6, 3)), torch.randn(8, 6), loss=lambda out: (out * 0).log().mean())
    assert step.first_broken == "loss"
    step, _ = broken_step(nn.Sequential(nn.Linear(6, 3)), torch.randn(8, 6), loss=lambda out: (out * 0).sqrt().sum())
    assert step.first_broken == "gradient of '0.bias'"


def test_a_break_at_a_step_that_was_not_looked_at_is_traced_and_followed():
    good, bad = torch.randn(8, 6), torch.full((8, 6), float("nan"))
    xs = [good] * 15 + [bad] + [good] * 5
    step, trace = broken_step(nn.Sequential(nn.Linear(6, 3)), xs, steps=21, share=0.0)
    assert (step.index, step.first_broken) == (15, "inputs")
    assert {16, 17, 18} <= {s.index for s in trace.looked_at}
    assert trace.steps[16].first_broken == "parameter '0.weight'"


def test_masks_of_minus_infinity_are_not_broken():
    class Masked(nn.Module):
        def __init__(self):
            super().__init__()
            self.attention = nn.MultiheadAttention(8, 2, batch_first=True)

        def forward(self, x, mask):
            return self.attention(x, x, x, attn_mask=mask)[0]

    mask = nn.Transformer.generate_square_subsequent_mask(5)
    assert first_step(Masked(), torch.randn(4, 5, 8), mask).first_broken == ""
