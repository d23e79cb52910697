"""Targets one place off are found in rows and along sequences; forecasting and next-step prediction are healthy."""

import pytest
import torch
from small_setups import Bag, blobs, cnn, found, healthy, loader, make, mlp, pictures, words
from torch import nn

from whet.diagnosis.rules.shifted_targets import ShiftedTargets
from whet.rng import make_generator


@pytest.mark.parametrize(("shift", "shuffle"), [(1, True), (-2, False)])
@pytest.mark.parametrize(("net", "data"), [(mlp, blobs), (cnn, pictures), (Bag, words)], ids=["mlp", "cnn", "bag"])
def test_rolled_rows_are_found(net, data, shift, shuffle):
    x, y = data(400)
    (finding,) = found(ShiftedTargets(), make(net, loader(x, y.roll(shift), shuffle=shuffle)))
    assert finding.level == "severe"
    assert finding.evidence["value"] == -shift
    assert not found(ShiftedTargets(), make(net, loader(x, y)))


def test_rolled_numbers_are_found():
    x, _ = blobs(400)
    case = make(lambda: mlp(classes=1), loader(x, x[:, :1].roll(1, dims=0)), loss=nn.MSELoss())
    assert found(ShiftedTargets(), case)


class Tagger(nn.Module):
    """One answer per step; LSTM one way or both ways."""

    def __init__(self, classes=30, both=False):
        super().__init__()
        self.embed = nn.Embedding(30, 8)
        self.lstm = nn.LSTM(8, 8, batch_first=True, bidirectional=both)
        self.head = nn.Linear(16 if both else 8, classes)

    def forward(self, x):
        return self.head(self.lstm(self.embed(x))[0]).transpose(1, 2)


def tokens():
    return torch.randint(30, (128, 12), generator=make_generator(0, "tokens"))


def test_a_forgotten_or_doubled_shift_of_the_next_token_is_found():
    t = tokens()
    for inputs, targets, lag in ((t, t, 0), (t[:, :-2], t[:, 2:], 2), (t[:, 1:], t[:, :-1], -1)):
        (finding,) = found(ShiftedTargets(), make(Tagger, loader(inputs, targets)))
        assert finding.evidence["value"] == lag
    assert not found(ShiftedTargets(), make(Tagger, loader(t[:, :-1], t[:, 1:])))


def test_an_autoencoder_is_healthy():
    t = tokens()
    assert not found(ShiftedTargets(), make(lambda: Tagger(both=True), loader(t, t)))


def framed(num=160):
    """Rows of pictures with an empty frame: the last columns are the same in all of them."""
    x = torch.rand(num, 6, 6, generator=make_generator(1, "framed"))
    x[:, -1] = 0
    x[:, :, -1] = 0.5
    return x.flatten(1)


class Wide(nn.Module):
    """(B, F) -> (B, F) by dense layers."""

    def __init__(self, last=()):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(36, 20), nn.ReLU(), nn.Linear(20, 36), *last)

    def forward(self, x):
        return self.net(x)


@pytest.mark.parametrize("last", [(), (nn.Sigmoid(),)])
@pytest.mark.parametrize("constant", [0, 3])
def test_dense_autoencoders_with_constant_columns_are_healthy(last, constant):
    x = framed()
    x[:, x.shape[1] - constant :] = 0.25
    assert not found(ShiftedTargets(), make(lambda: Wide(last), loader(x, x), loss=nn.MSELoss()))


class OneWay(nn.Module):
    """(B, T, 1) -> (B, T), each step from those before it."""

    def __init__(self):
        super().__init__()
        self.lstm, self.head = nn.LSTM(1, 8, batch_first=True), nn.Linear(8, 1)

    def forward(self, x):
        return self.head(self.lstm(x)[0])[..., 0]


def test_a_forgotten_shift_of_series_that_end_alike_is_found():
    x = torch.randn(96, 20, generator=make_generator(2, "series"))
    x[:, -1] = 0
    assert found(ShiftedTargets(), make(OneWay, loader(x[..., None], x), loss=nn.MSELoss()))
    assert not found(ShiftedTargets(), make(OneWay, loader(x[:, :-1, None], x[:, 1:]), loss=nn.MSELoss()))


def test_tags_of_the_neighbouring_word_are_found():
    t = tokens()
    tags = t % 3
    (finding,) = found(ShiftedTargets(), make(lambda: Tagger(3), loader(t, tags.roll(1, dims=1))))
    assert finding.evidence["value"] == -1
    assert not found(ShiftedTargets(), make(lambda: Tagger(3), loader(t, tags)))


def text(num=160, length=16):
    """Tokens of which each tells something of the next one."""
    g = make_generator(3, "text")
    following, t = torch.randint(30, (30, 3), generator=g), torch.randint(30, (num, length), generator=g)
    for i in range(1, length):
        likely = following[t[:, i - 1], torch.randint(3, (num,), generator=g)]
        t[:, i] = torch.where(torch.rand(num, generator=g) < 0.7, likely, t[:, i])
    return t


def padded(tags, shift):
    """One place off, with nothing to learn where no tag is left."""
    moved = tags.roll(shift, dims=1)
    moved[:, 0 if shift > 0 else -1] = -100
    return moved


@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("shift", [1, -1])
def test_shifted_tags_of_a_text_whose_words_tell_of_each_other_are_found(both, shift):
    t = text()
    tags = torch.randint(4, (30,), generator=make_generator(4, "tags"))[t]
    (finding,) = found(ShiftedTargets(), make(lambda: Tagger(4, both), loader(t, padded(tags, shift))))
    assert finding.evidence["value"] == -shift
    assert finding.level == "severe"
    assert not found(ShiftedTargets(), make(lambda: Tagger(4, both), loader(t, tags)))


def test_shifted_tags_are_found_where_most_words_carry_the_same_tag():
    t = tokens()
    tags = torch.where(t < 24, 0, t % 3 + 1)
    (finding,) = found(ShiftedTargets(), make(lambda: Tagger(4), loader(t, padded(tags, 1))))
    assert finding.evidence["value"] == -1
    assert not found(ShiftedTargets(), make(lambda: Tagger(4), loader(t, tags)))


def test_tags_that_depend_on_the_word_before_as_well_are_healthy():
    t = text()
    before = t.roll(1, dims=1)
    tags = torch.where(before % 2 == 0, t % 3, (t + 1) % 3)
    assert not found(ShiftedTargets(), make(lambda: Tagger(3), loader(t, tags)))


def test_forecasting_from_windows_is_healthy():
    g = make_generator(0, "walk")
    steps = torch.randn(500, generator=g)
    for series in (steps, steps.cumsum(0), torch.sin(torch.arange(500) / 5) + 0.1 * steps):
        x, y = series.unfold(0, 8, 1)[:-1], series[8:, None]
        case = make(lambda: mlp(classes=1), loader(x, y, shuffle=False), loss=nn.MSELoss())
        assert not found(ShiftedTargets(), case)


def test_rows_sorted_by_class_are_silent():
    x, y = blobs(400)
    order = torch.argsort(y)
    assert not found(ShiftedTargets(), make(mlp, loader(x[order], y[order])))


def test_healthy_setups_are_silent():
    for name, case in healthy():
        assert not found(ShiftedTargets(), case), name


def series(num=420, seed=5):
    """Waves with noise."""
    noise = torch.randn(num, generator=make_generator(seed, "series"))
    return torch.sin(torch.arange(num) / 7) + 0.2 * noise


class Forecast(nn.Module):
    """(B, T, 1) or (B, T) -> (B,)."""

    def __init__(self):
        super().__init__()
        self.head = nn.Linear(12, 1)

    def forward(self, x):
        return self.head(x.flatten(1)).squeeze(1)


@pytest.mark.parametrize("stride", [1, 4])
@pytest.mark.parametrize("is_flat", [False, True])
def test_a_forecast_whose_target_is_the_last_value_of_its_window_is_found(stride, is_flat):
    s = series(420 * stride)
    windows = s.unfold(0, 12, stride)[:-1]
    last, following = windows[:, -1], s[12::stride][: len(windows)]
    x = windows if is_flat else windows[..., None]
    (finding,) = found(ShiftedTargets(), make(Forecast, loader(x, last), loss=nn.MSELoss()))
    assert finding.level == "severe"
    assert finding.evidence["value"] == -1
    (older,) = found(ShiftedTargets(), make(Forecast, loader(x, windows[:, -3]), loss=nn.MSELoss()))
    assert older.level == "moderate"
    assert older.evidence["value"] == -3
    assert not found(ShiftedTargets(), make(Forecast, loader(x, following), loss=nn.MSELoss()))


def test_recalling_a_value_of_sequences_of_their_own_is_a_task():
    x = torch.randn(300, 12, generator=make_generator(6, "recall"))
    assert not found(ShiftedTargets(), make(Forecast, loader(x, x[:, -1]), loss=nn.MSELoss()))
