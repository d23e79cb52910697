"""Ordinary scripts, one for each kind of network and data."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from benchmarks.clinic import nets, tasks
from benchmarks.clinic.collecting import healthy
from benchmarks.clinic.script import Metric, Script, loader


def made(
    parts: tasks.Parts,
    model: nn.Module,
    *,
    rate: float = 2e-3,
    epochs: int = 10,
    batch: int = 32,
    loss: object = None,
    metric: Metric = "accuracy",
    optimizer: torch.optim.Optimizer | None = None,
) -> Script:
    """The script that differs from its neighbours in these alone."""
    train, valid = parts
    return Script(
        model=model,
        train=loader(train, batch, shuffle=True),
        valid=loader(valid, 128),
        loss=loss or nn.CrossEntropyLoss(),  # type: ignore[arg-type]
        optimizer=optimizer or torch.optim.Adam(model.parameters(), lr=rate),
        epochs=epochs,
        metric=metric,
    )


@healthy()
def mlp_on_wine() -> Script:
    """A small table, standardised, Adam."""
    return made(tasks.table("wine"), nets.mlp(13, 32, 3), batch=16, epochs=15)


@healthy()
def mlp_on_breast_cancer() -> Script:
    """Two classes, two outputs."""
    return made(tasks.table("breast_cancer"), nets.mlp(30, 32, 32, 2), epochs=8)


@healthy()
def sgd_on_digits() -> Script:
    """SGD without momentum at a good rate."""
    model = nets.mlp(64, 64, 10)
    return made(tasks.table("digits"), model, optimizer=torch.optim.SGD(model.parameters(), lr=0.1))


@healthy()
def cnn_on_digits() -> Script:
    """SGD with momentum and weight decay 5e-4."""
    model = nets.SmallCNN(1, 10)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.03, momentum=0.9, weight_decay=5e-4)
    return made(tasks.digits(), model, optimizer=optimizer, epochs=8)


@healthy()
def cnn_with_batch_norm() -> Script:
    """BatchNorm at batch size 32."""
    return made(tasks.shapes(), nets.SmallCNN(1, 4, norm=True), epochs=8)


@healthy()
def lstm_on_keywords() -> Script:
    """Token ids through an embedding and an LSTM."""
    return made(tasks.keywords(), nets.Recurrent(16, 4, vocab=50), rate=1e-2, epochs=12)


@healthy()
def gru_on_order() -> Script:
    """Which of two tokens comes first."""
    return made(tasks.order(), nets.Recurrent(16, 2, vocab=20, kind=nn.GRU), rate=1e-2, epochs=15)


@healthy()
def transformer_on_keywords() -> Script:
    """Pre-norm transformer with GELU, AdamW."""
    model = nets.TextTransformer(50, 4, length=16)
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.01)
    return made(tasks.keywords(), model, optimizer=optimizer, batch=64)


@healthy()
def bag_on_keywords() -> Script:
    """EmbeddingBag and a hidden layer."""
    return made(tasks.keywords(), nets.TextBag(50, 4), rate=5e-3, epochs=12)


@healthy()
def wave_cnn() -> Script:
    """1-d convolutions over series."""
    return made(tasks.waves(), nets.WaveCNN(1, 3), rate=5e-3, epochs=12)


@healthy()
def regression_on_friedman() -> Script:
    """Standardised targets, MSELoss."""
    return made(tasks.friedman(), nets.mlp(10, 64, 1), loss=nn.MSELoss(), metric="r2", rate=3e-3, epochs=15)


@healthy()
def regression_on_diabetes() -> Script:
    """A small, noisy regression: R squared of a half is all there is."""
    model = nets.mlp(10, 16, 1)
    return made(tasks.diabetes(), model, loss=nn.MSELoss(), metric="r2", rate=3e-3, epochs=15, batch=16)


@healthy()
def regression_with_huber() -> Script:
    """SmoothL1Loss, SGD."""
    model = nets.mlp(10, 64, 1, act=nn.SiLU)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    return made(tasks.friedman(), model, loss=nn.SmoothL1Loss(), metric="r2", optimizer=optimizer, epochs=12)


@healthy(held=True)
def colour_pictures() -> Script:
    """Three channels, AdamW."""
    model = nets.SmallCNN(3, 4, act=nn.SiLU)
    return made(tasks.shapes(channels=3), model, rate=3e-3, epochs=6)


@healthy(held=True)
def mlp_on_iris() -> Script:
    """150 rows."""
    return made(tasks.table("iris"), nets.mlp(4, 16, 3), batch=8, rate=5e-3, epochs=25)


@healthy(held=True)
def recurrent_regression() -> Script:
    """Marked numbers of a series are to be added."""
    model = nets.Recurrent(2, 1, kind=nn.GRU)
    return made(tasks.sums(), model, loss=F.mse_loss, metric="r2", rate=5e-3, epochs=15)


@healthy(held=True)
def rmsprop_on_blobs() -> Script:
    """RMSprop."""
    model = nets.mlp(10, 64, 5)
    optimizer = torch.optim.RMSprop(model.parameters(), lr=1e-3)
    return made(tasks.blobs(spread=0.8), model, optimizer=optimizer, epochs=8)


@healthy(held=True)
def multichannel_series() -> Script:
    """Three channels, BatchNorm1d, SGD with momentum."""
    model = nets.WaveCNN(3, 4, norm=True)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    return made(tasks.waves(channels=3, classes=4), model, optimizer=optimizer, epochs=8)


@healthy(held=True)
def language_model() -> Script:
    """Next token at every place of a sentence, targets (B, T)."""
    (x,), (xv,) = tasks.text()
    parts = (x[:, :-1], x[:, 1:]), (xv[:, :-1], xv[:, 1:])
    return made(parts, nets.LanguageModel(16), rate=5e-3, epochs=10)


@healthy(held=True)
def exclusive_or() -> Script:
    """A pattern that needs its hidden layers."""
    return made(tasks.xor(), nets.mlp(6, 32, 32, 2), rate=5e-3, epochs=15)


@healthy(held=True)
def deep_narrow_mlp() -> Script:
    """Six ReLU layers, Adam."""
    return made(tasks.table("digits"), nets.mlp(64, *[48] * 5, 10), rate=1e-3, epochs=10)


@healthy(held=True)
def wave_lstm() -> Script:
    """A series as (B, T, 1) through an LSTM."""
    (x, y), (xv, yv) = tasks.rising()
    parts = (x.transpose(1, 2), y), (xv.transpose(1, 2), yv)
    return made(parts, nets.Recurrent(1, 2), rate=5e-3, epochs=8)


@healthy(held=True)
def adadelta_like_rates() -> Script:
    """Adagrad at 0.05: large numbers, small steps."""
    model = nets.mlp(64, 64, 10)
    return made(tasks.table("digits"), model, optimizer=torch.optim.Adagrad(model.parameters(), lr=0.05), epochs=8)
