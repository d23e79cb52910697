"""Mistakes between the last layer and the loss."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.clinic import nets, tasks
from benchmarks.clinic.collecting import faulty
from benchmarks.clinic.script import Script, loader


@faulty("double_softmax")
def softmax_layer_before_cross_entropy(broken: bool) -> Script:
    """The network ends in nn.Softmax, and CrossEntropyLoss applies it again."""
    train, valid = tasks.table("digits")
    model = nets.mlp(64, 64, 10)
    if broken:
        model.append(nn.Softmax(dim=1))
    return Script(
        model=model,
        train=loader(train, shuffle=True),
        valid=loader(valid, 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.SGD(model.parameters(), lr=0.1),
        epochs=10,
    )


@faulty("double_softmax")
def softmax_in_the_forward_of_a_cnn(broken: bool) -> Script:
    """forward returns F.softmax(logits), the loss is F.cross_entropy."""

    class Net(nets.SmallCNN):
        def forward(self, x: Tensor) -> Tensor:
            logits = super().forward(x)
            return F.softmax(logits, dim=1) if broken else logits

    train, valid = tasks.digits()
    model = Net(1, 10)
    return Script(
        model=model,
        train=loader(train, 64, shuffle=True),
        valid=loader(valid, 128),
        loss=F.cross_entropy,
        optimizer=torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9),
        epochs=6,
    )


@faulty("double_softmax", held=True)
def softmax_after_series_convolutions(broken: bool) -> Script:
    """A 1-d CNN over series whose head is followed by softmax(dim=-1)."""

    class Net(nets.WaveCNN):
        def forward(self, x: Tensor) -> Tensor:
            logits = super().forward(x)
            return logits.softmax(dim=-1) if broken else logits

    train, valid = tasks.waves(classes=6)
    model = Net(1, 6)
    return Script(
        model=model,
        train=loader(train, 32, shuffle=True),
        valid=loader(valid, 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9),
        epochs=14,
    )


@faulty("missing_log_softmax")
def raw_logits_into_nll_loss(broken: bool) -> Script:
    """NLLLoss wants log-probabilities; the network returns logits, and the loss falls without end."""
    train, valid = tasks.table("wine")
    model = nets.mlp(13, 32, 3)
    if not broken:
        model.append(nn.LogSoftmax(dim=1))
    return Script(
        model=model,
        train=loader(train, 16, shuffle=True),
        valid=loader(valid, 64),
        loss=nn.NLLLoss(),
        optimizer=torch.optim.SGD(model.parameters(), lr=0.05),
        epochs=20,
    )


@faulty("missing_log_softmax")
def probabilities_into_nll_loss(broken: bool) -> Script:
    """softmax where log_softmax belongs, before NLLLoss, in a text classifier."""

    class Net(nets.TextBag):
        def forward(self, ids: Tensor) -> Tensor:
            logits = super().forward(ids)
            return F.softmax(logits, dim=1) if broken else F.log_softmax(logits, dim=1)

    train, valid = tasks.keywords(classes=6)
    model = Net(50, 6)
    return Script(
        model=model,
        train=loader(train, 64, shuffle=True),
        valid=loader(valid, 128),
        loss=nn.NLLLoss(),
        optimizer=torch.optim.SGD(model.parameters(), lr=0.2, momentum=0.9),
        epochs=12,
    )


@faulty("missing_log_softmax", held=True)
def raw_logits_into_nll_loss_cnn(broken: bool) -> Script:
    """F.nll_loss on the raw scores of a CNN over made pictures."""

    class Net(nets.SmallCNN):
        def forward(self, x: Tensor) -> Tensor:
            scores = super().forward(x)
            return scores if broken else F.log_softmax(scores, dim=1)

    train, valid = tasks.shapes()
    model = Net(1, 4)
    return Script(
        model=model,
        train=loader(train, 32, shuffle=True),
        valid=loader(valid, 128),
        loss=F.nll_loss,
        optimizer=torch.optim.Adam(model.parameters(), lr=1e-3),
        epochs=8,
    )


@faulty("squashed_outputs")
def relu_after_the_last_layer(broken: bool) -> Script:
    """nn.ReLU stands behind the logits as behind every other layer, so many of them die at 0."""
    train, valid = tasks.digits()
    model = nn.Sequential(nets.SmallCNN(1, 10), nn.ReLU() if broken else nn.Identity())
    return Script(
        model=model,
        train=loader(train, 32, shuffle=True),
        valid=loader(valid, 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9),
        epochs=6,
    )


@faulty("squashed_outputs")
def sigmoid_before_a_regression_loss(broken: bool) -> Script:
    """The targets are standardised, so half of them are negative; a sigmoid cannot reach them."""
    train, valid = tasks.friedman()
    model = nets.mlp(10, 64, 1)
    if broken:
        model.append(nn.Sigmoid())
    return Script(
        model=model,
        train=loader(train, 32, shuffle=True),
        valid=loader(valid, 128),
        loss=nn.MSELoss(),
        optimizer=torch.optim.Adam(model.parameters(), lr=3e-3),
        epochs=12,
        metric="r2",
    )


@faulty("squashed_outputs", held=True)
def relu_before_a_regression_loss(broken: bool) -> Script:
    """A GRU predicts signed sums through F.relu."""

    class Net(nets.Recurrent):
        def forward(self, x: Tensor) -> Tensor:
            value = super().forward(x)
            return F.relu(value) if broken else value

    train, valid = tasks.sums()
    model = Net(2, 1, kind=nn.GRU)
    return Script(
        model=model,
        train=loader(train, 32, shuffle=True),
        valid=loader(valid, 128),
        loss=F.mse_loss,
        optimizer=torch.optim.Adam(model.parameters(), lr=5e-3),
        epochs=15,
        metric="r2",
    )


@faulty("squashed_outputs", held=True)
def sigmoid_before_cross_entropy(broken: bool) -> Script:
    """Logits through a sigmoid: with 30 classes no probability can exceed 0.09, and most of the gradient is gone."""
    train, valid = tasks.blobs(2400, classes=30, features=16, spread=1.0)
    model = nets.mlp(16, 64, 30)
    if broken:
        model.append(nn.Sigmoid())
    return Script(
        model=model,
        train=loader(train, 32, shuffle=True),
        valid=loader(valid, 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.SGD(model.parameters(), lr=0.1),
        epochs=10,
    )


@faulty("broadcast_loss")
def column_against_row_in_mse(broken: bool) -> Script:
    """Outputs (B, 1), targets (B,): MSELoss compares every prediction with every target."""
    (x, y), (xv, yv) = tasks.friedman()
    if broken:
        y, yv = y.squeeze(1), yv.squeeze(1)
    model = nets.mlp(10, 64, 1)
    return Script(
        model=model,
        train=loader((x, y), 32, shuffle=True),
        valid=loader((xv, yv), 128),
        loss=nn.MSELoss(),
        optimizer=torch.optim.Adam(model.parameters(), lr=3e-3),
        epochs=12,
        metric="r2",
    )


@faulty("broadcast_loss")
def squeezed_outputs_against_a_column(broken: bool) -> Script:
    """The model squeezes its output to (B,), the targets stay (B, 1)."""

    class Net(nets.Recurrent):
        def forward(self, x: Tensor) -> Tensor:
            value = super().forward(x)
            return value.squeeze(1) if broken else value

    train, valid = tasks.sums()
    model = Net(2, 1, kind=nn.GRU)
    return Script(
        model=model,
        train=loader(train, 32, shuffle=True),
        valid=loader(valid, 128),
        loss=nn.MSELoss(),
        optimizer=torch.optim.Adam(model.parameters(), lr=5e-3),
        epochs=15,
        metric="r2",
    )


@faulty("broadcast_loss", held=True)
def column_against_row_in_an_own_loss(broken: bool) -> Script:
    """((outputs - targets) ** 2).mean() with shapes (B, 1) and (B,), written by hand."""
    (x, y), (xv, yv) = tasks.diabetes()
    model = nets.mlp(10, 32, 1, act=nn.SiLU)

    def loss(outputs: Tensor, targets: Tensor) -> Tensor:
        return ((outputs - targets) ** 2).mean()

    if broken:
        y, yv = y.squeeze(1), yv.squeeze(1)
    return Script(
        model=model,
        train=loader((x, y), 16, shuffle=True),
        valid=loader((xv, yv), 64),
        loss=loss,
        optimizer=torch.optim.Adam(model.parameters(), lr=2e-3),
        epochs=20,
        metric="r2",
    )


@faulty("summed_loss")
def summed_cross_entropy(broken: bool) -> Script:
    """reduction="sum" over 64 examples with a rate that suits the mean: steps are 64 times too long."""
    train, valid = tasks.table("digits")
    model = nets.mlp(64, 64, 64, 10)
    return Script(
        model=model,
        train=loader(train, 64, shuffle=True),
        valid=loader(valid, 128),
        loss=nn.CrossEntropyLoss(reduction="sum" if broken else "mean"),
        optimizer=torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9),
        epochs=10,
    )


@faulty("summed_loss", held=True)
def summed_squares(broken: bool) -> Script:
    """An own loss ends in .sum() where .mean() was meant."""
    train, valid = tasks.friedman()
    model = nets.mlp(10, 64, 1)

    def loss(outputs: Tensor, targets: Tensor) -> Tensor:
        squares = (outputs - targets) ** 2
        return squares.sum() if broken else squares.mean()

    return Script(
        model=model,
        train=loader(train, 64, shuffle=True),
        valid=loader(valid, 128),
        loss=loss,
        optimizer=torch.optim.SGD(model.parameters(), lr=0.05),
        epochs=12,
        metric="r2",
    )


@faulty("wrong_output_size")
def one_output_for_two_numbers(broken: bool) -> Script:
    """Two numbers are wanted for each example, the head has one output, and MSELoss broadcasts it."""
    (x, y), (xv, yv) = tasks.friedman()
    y, yv = torch.cat([y, -y], dim=1), torch.cat([yv, -yv], dim=1)
    model = nets.mlp(10, 64, 1 if broken else 2)

    def forward(model: nn.Module, batch: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        outputs = model(batch[0])
        return outputs, batch[1]

    script = Script(
        model=model,
        train=loader((x, y), 32, shuffle=True),
        valid=loader((xv, yv), 128),
        loss=nn.MSELoss(),
        optimizer=torch.optim.Adam(model.parameters(), lr=3e-3),
        epochs=12,
        forward=forward,
        metric="r2",
    )
    return script


@faulty("wrong_output_size", held=True)
def head_narrower_than_the_classes(broken: bool) -> Script:
    """Targets are one-hot over six classes, the loss an own cross-entropy over the five outputs of the head."""
    train, valid = tasks.blobs(classes=6, spread=0.5)
    k = 5 if broken else 6
    model = nets.mlp(10, 64, k)

    def loss(outputs: Tensor, targets: Tensor) -> Tensor:
        wanted = F.one_hot(targets, 6).float()[:, : outputs.shape[1]]
        return F.cross_entropy(outputs, wanted)

    return Script(
        model=model,
        train=loader(train, 32, shuffle=True),
        valid=loader(valid, 128),
        loss=loss,
        optimizer=torch.optim.Adam(model.parameters(), lr=3e-3),
        epochs=8,
    )
