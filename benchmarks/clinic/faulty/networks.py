"""Mistakes inside the network: its start, its depth, its layers, what it reads."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from benchmarks.clinic import nets, tasks
from benchmarks.clinic.collecting import faulty
from benchmarks.clinic.script import Script, loader


@faulty("symmetric_start")
def all_weights_zero(broken: bool) -> Script:
    """nn.init.zeros_ on every parameter."""
    train, valid = tasks.table("digits")
    model = nets.mlp(64, 64, 64, 10)
    if broken:
        for p in model.parameters():
            nn.init.zeros_(p)
    return Script(
        model=model,
        train=loader(train, 32, shuffle=True),
        valid=loader(valid, 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.SGD(model.parameters(), lr=0.1),
        epochs=8,
    )


@faulty("symmetric_start")
def constant_weights(broken: bool) -> Script:
    """nn.init.constant_(weight, 0.1) in every convolution and linear layer: all units stay equal."""
    train, valid = tasks.digits()
    model = nets.SmallCNN(1, 10)
    if broken:
        for m in model.modules():
            if isinstance(m, nn.Conv2d | nn.Linear):
                nn.init.constant_(m.weight, 0.02)
                nn.init.zeros_(m.bias)
    return Script(
        model=model,
        train=loader(train, 32, shuffle=True),
        valid=loader(valid, 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.Adam(model.parameters(), lr=2e-3),
        epochs=6,
    )


@faulty("symmetric_start", held=True)
def hidden_layer_of_equal_units(broken: bool) -> Script:
    """The hidden layer of a regression network starts at ones_ / width."""
    train, valid = tasks.friedman()
    model = nets.mlp(10, 64, 1)
    if broken:
        nn.init.constant_(model[0].weight, 0.1)
        nn.init.zeros_(model[0].bias)
        nn.init.constant_(model[2].weight, 1 / 64)
    return Script(
        model=model,
        train=loader(train, 32, shuffle=True),
        valid=loader(valid, 128),
        loss=nn.MSELoss(),
        optimizer=torch.optim.Adam(model.parameters(), lr=3e-3),
        epochs=15,
        metric="r2",
    )


@faulty("weight_scale")
def normal_weights_of_deviation_one(broken: bool) -> Script:
    """nn.init.normal_(weight) with its default deviation 1: the first losses are in the hundreds."""
    train, valid = tasks.table("digits")
    model = nets.mlp(64, 128, 128, 128, 10)
    if broken:
        for m in model.modules():
            if isinstance(m, nn.Linear):
                nn.init.normal_(m.weight)
    return Script(
        model=model,
        train=loader(train, 32, shuffle=True),
        valid=loader(valid, 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.SGD(model.parameters(), lr=0.1),
        epochs=8,
    )


@faulty("weight_scale", "vanishing")
def tiny_weights_in_a_deep_network(broken: bool) -> Script:
    """normal_(std=0.001) through six layers: nothing arrives at either end."""
    train, valid = tasks.table("digits")
    model = nets.mlp(64, 64, 64, 64, 64, 64, 10)
    for m in model.modules():
        if isinstance(m, nn.Linear):
            nn.init.normal_(m.weight, std=0.001 if broken else (2 / m.in_features) ** 0.5)
            nn.init.zeros_(m.bias)
    return Script(
        model=model,
        train=loader(train, 32, shuffle=True),
        valid=loader(valid, 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.SGD(model.parameters(), lr=0.05),
        epochs=10,
    )


@faulty("weight_scale", "initial_loss", held=True)
def large_convolution_weights(broken: bool) -> Script:
    """Convolutions drawn with normal_(std=3)."""
    train, valid = tasks.shapes()
    model = nets.SmallCNN(1, 4)
    if broken:
        for p in model.parameters():
            nn.init.normal_(p, std=3.0)
    return Script(
        model=model,
        train=loader(train, 32, shuffle=True),
        valid=loader(valid, 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.SGD(model.parameters(), lr=0.03, momentum=0.9),
        epochs=6,
    )


@faulty("vanishing")
def ten_sigmoid_layers(broken: bool) -> Script:
    """Ten layers with sigmoids: the gradient is gone before it reaches the first."""
    train, valid = tasks.table("digits")
    model = nets.mlp(64, *[48] * 9, 10, act=nn.Sigmoid if broken else nn.ReLU)
    return Script(
        model=model,
        train=loader(train, 32, shuffle=True),
        valid=loader(valid, 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.Adam(model.parameters(), lr=1e-3),
        epochs=10,
    )


@faulty("vanishing")
def sigmoid_convolutions(broken: bool) -> Script:
    """Seven convolutions with sigmoids between them."""
    train, valid = tasks.digits()
    act = nn.Sigmoid if broken else nn.ReLU
    layers: list[nn.Module] = [nn.Conv2d(1, 12, 3, padding=1), act()]
    for _ in range(6):
        layers += [nn.Conv2d(12, 12, 3, padding=1), act()]
    model = nn.Sequential(*layers, nn.MaxPool2d(2), nn.Flatten(), nn.Linear(192, 10))
    return Script(
        model=model,
        train=loader(train, 32, shuffle=True),
        valid=loader(valid, 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.Adam(model.parameters(), lr=2e-3),
        epochs=6,
    )


@faulty("vanishing", held=True)
def deep_tanh_from_small_weights(broken: bool) -> Script:
    """Twelve tanh layers whose weights are a third of what carries a signal."""
    train, valid = tasks.blobs(classes=6, spread=0.6)
    model = nets.mlp(10, *[32] * 12, 6, act=nn.Tanh)
    for m in model.modules():
        if isinstance(m, nn.Linear):
            nn.init.xavier_uniform_(m.weight, gain=0.3 if broken else 1.2)
            nn.init.zeros_(m.bias)
    return Script(
        model=model,
        train=loader(train, 32, shuffle=True),
        valid=loader(valid, 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.SGD(model.parameters(), lr=0.05),
        epochs=12,
    )


@faulty("exploding", "learning_rate_too_high")
def recurrent_network_without_clipping(broken: bool) -> Script:
    """A plain RNN with ReLU and recurrent weights above 1: gradients grow at every step back."""
    train, valid = tasks.sums(length=8)
    model = nets.Recurrent(2, 1, kind=nn.RNN, hidden=24)
    model.rnn = nn.RNN(2, 24, nonlinearity="relu", batch_first=True)
    nn.init.eye_(model.rnn.weight_hh_l0)
    nn.init.zeros_(model.rnn.bias_hh_l0)
    if broken:
        model.rnn.weight_hh_l0.data.mul_(1.6)
    return Script(
        model=model,
        train=loader(train, 32, shuffle=True),
        valid=loader(valid, 128),
        loss=nn.MSELoss(),
        optimizer=torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9),
        epochs=15,
        metric="r2",
    )


@faulty("exploding", "weight_scale", held=True)
def residual_sums_without_norm(broken: bool) -> Script:
    """Sixteen residual blocks that each double the activations, and no normalisation."""

    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = nn.Sequential(nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 32))
            self.norm = nn.Identity() if broken else nn.LayerNorm(32)
            if broken:
                for m in self.body:
                    if isinstance(m, nn.Linear):
                        nn.init.kaiming_normal_(m.weight)

        def forward(self, x: Tensor) -> Tensor:
            return x + self.body(self.norm(x))

    train, valid = tasks.blobs(classes=6, spread=0.6)
    model = nn.Sequential(nn.Linear(10, 32), *[Block() for _ in range(16)], nn.Linear(32, 6))
    return Script(
        model=model,
        train=loader(train, 32, shuffle=True),
        valid=loader(valid, 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.SGD(model.parameters(), lr=0.02),
        epochs=6,
    )


@faulty("dead_units")
def relu_units_dead_from_the_start(broken: bool) -> Script:
    """Biases of -8 in front of ReLU: almost no unit ever answers."""
    train, valid = tasks.table("digits")
    model = nets.mlp(64, 64, 64, 10)
    if broken:
        nn.init.constant_(model[0].bias, -4.0)
        nn.init.constant_(model[2].bias, -4.0)
    return Script(
        model=model,
        train=loader(train, 32, shuffle=True),
        valid=loader(valid, 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.SGD(model.parameters(), lr=0.05),
        epochs=8,
    )


@faulty("dead_units", held=True)
def relu_over_shifted_convolutions(broken: bool) -> Script:
    """A custom initialisation gives the convolutions biases of -6."""
    train, valid = tasks.shapes()
    model = nets.SmallCNN(1, 4)
    if broken:
        nn.init.constant_(model.stem.bias, -3.0)
        nn.init.constant_(model.conv.bias, -1.0)
    return Script(
        model=model,
        train=loader(train, 32, shuffle=True),
        valid=loader(valid, 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9),
        epochs=6,
    )


@faulty("saturation", "weight_scale")
def tanh_units_all_flat(broken: bool) -> Script:
    """Weights of deviation 3 in front of tanh: every unit sits at -1 or 1."""
    train, valid = tasks.table("digits")
    model = nets.mlp(64, 64, 64, 10, act=nn.Tanh)
    if broken:
        for layer in (model[0], model[2]):
            nn.init.normal_(layer.weight, std=4.0)
    return Script(
        model=model,
        train=loader(train, 32, shuffle=True),
        valid=loader(valid, 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.SGD(model.parameters(), lr=0.05),
        epochs=10,
    )


@faulty("saturation", "weight_scale", held=True)
def sigmoid_units_all_flat(broken: bool) -> Script:
    """Sigmoids behind weights of deviation 6 in a regression."""
    train, valid = tasks.friedman()
    model = nets.mlp(10, 48, 48, 1, act=nn.Sigmoid if broken else nn.Tanh)
    if broken:
        for layer in (model[0], model[2]):
            nn.init.normal_(layer.weight, std=8.0)
    return Script(
        model=model,
        train=loader(train, 32, shuffle=True),
        valid=loader(valid, 128),
        loss=nn.MSELoss(),
        optimizer=torch.optim.Adam(model.parameters(), lr=3e-3),
        epochs=15,
        metric="r2",
    )


@faulty("non_finite")
def logarithm_of_probabilities(broken: bool) -> Script:
    """An own loss takes log(probs) without a floor; at a confident mistake it is infinite, and then all is NaN."""
    train, valid = tasks.table("digits")
    (x, y), (xv, yv) = train, valid

    def loss(logits: Tensor, targets: Tensor) -> Tensor:
        if not broken:
            return nn.functional.cross_entropy(20 * logits, targets)
        probs = torch.exp(20 * logits) / torch.exp(20 * logits).sum(dim=1, keepdim=True)
        return -torch.log(probs[torch.arange(len(targets)), targets]).mean()

    model = nets.mlp(64, 64, 10)
    return Script(
        model=model,
        train=loader((x, y), 32, shuffle=True),
        valid=loader((xv, yv), 128),
        loss=loss,
        optimizer=torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9),
        epochs=8,
    )


@faulty("non_finite", held=True)
def root_of_zero(broken: bool) -> Script:
    """The norm of a series is taken by sqrt without an epsilon; for empty series its gradient is infinite."""

    class Net(nets.WaveCNN):
        def __init__(self) -> None:
            super().__init__(1, 3)
            self.gain = nn.Parameter(torch.ones(()))

        def forward(self, x: Tensor) -> Tensor:
            x = self.gain * x
            power = (x**2).sum(dim=(1, 2), keepdim=True)
            return super().forward(6 * x / (torch.sqrt(power) + 1e-6 if broken else torch.sqrt(power + 1e-6)))

    (x, y), valid = tasks.waves()
    x[::50] = 0.0
    model = Net()
    return Script(
        model=model,
        train=loader((x, y), 32, shuffle=True),
        valid=loader(valid, 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.Adam(model.parameters(), lr=5e-3),
        epochs=10,
    )


@faulty("dropout_too_strong")
def dropout_of_95_percent(broken: bool) -> Script:
    """nn.Dropout(0.95) where the probability to keep was meant."""
    train, valid = tasks.table("digits")
    model = nets.mlp(64, 64, 64, 10, dropout=0.95 if broken else 0.05)
    return Script(
        model=model,
        train=loader(train, 32, shuffle=True),
        valid=loader(valid, 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.Adam(model.parameters(), lr=1e-3),
        epochs=10,
    )


@faulty("dropout_too_strong", held=True)
def transformer_dropout_of_90_percent(broken: bool) -> Script:
    """dropout=0.9 in every layer of a transformer."""
    train, valid = tasks.keywords()
    model = nets.TextTransformer(50, 4, length=16, dropout=0.9 if broken else 0.0)
    return Script(
        model=model,
        train=loader(train, 64, shuffle=True),
        valid=loader(valid, 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.Adam(model.parameters(), lr=2e-3),
        epochs=6,
    )


@faulty("normalisation_gap")
def running_statistics_that_never_arrive(broken: bool) -> Script:
    """BatchNorm(momentum=0.0001), written as if it were the share to keep: evaluation uses the start values."""
    (x, y), (xv, yv) = tasks.digits(scale=False)
    model = nets.SmallCNN(1, 10, norm=True)
    if broken:
        for m in model.modules():
            if isinstance(m, nn.BatchNorm2d):
                m.momentum = 1e-4
    return Script(
        model=model,
        train=loader((x / 4, y), 32, shuffle=True),
        valid=loader((xv / 4, yv), 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.Adam(model.parameters(), lr=3e-3),
        epochs=5,
    )


@faulty("normalisation_gap", held=True)
def batches_of_two_with_batch_norm(broken: bool) -> Script:
    """BatchNorm over batches of two examples: training sees noise, evaluation another network."""
    train, valid = tasks.table("wine")
    model = nets.mlp(13, 32, 32, 32, 3, norm=True)
    return Script(
        model=model,
        train=loader(train, 2 if broken else 32, shuffle=True, drop_last=True),
        valid=loader(valid, 64),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9),
        epochs=6 if broken else 20,
    )


@faulty("input_unused")
def zeros_instead_of_the_picture(broken: bool) -> Script:
    """forward overwrites its input with an empty buffer of the same shape."""

    class Net(nets.SmallCNN):
        def forward(self, x: Tensor) -> Tensor:
            if broken:
                x = torch.zeros_like(x)
            return super().forward(x)

    train, valid = tasks.digits()
    model = Net(1, 10)
    return Script(
        model=model,
        train=loader(train, 32, shuffle=True),
        valid=loader(valid, 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.Adam(model.parameters(), lr=2e-3),
        epochs=5,
    )


@faulty("input_unused")
def ids_clipped_to_one_token(broken: bool) -> Script:
    """Every id is mapped to the unknown token: clamp(max=0)."""

    class Net(nets.TextBag):
        def forward(self, ids: Tensor) -> Tensor:
            return super().forward(ids.clamp(max=0) if broken else ids)

    train, valid = tasks.keywords()
    model = Net(50, 4)
    return Script(
        model=model,
        train=loader(train, 32, shuffle=True),
        valid=loader(valid, 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.Adam(model.parameters(), lr=5e-3),
        epochs=12,
    )


@faulty("input_unused", held=True)
def features_divided_away(broken: bool) -> Script:
    """Layer norm over a single feature: x minus its own mean is always 0."""

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = nets.mlp(10, 32, 1)

        def forward(self, x: Tensor) -> Tensor:
            if broken:
                x = x - x.unsqueeze(1).mean(dim=1)
            return self.body(x)

    train, valid = tasks.friedman()
    model = Net()
    return Script(
        model=model,
        train=loader(train, 32, shuffle=True),
        valid=loader(valid, 128),
        loss=nn.MSELoss(),
        optimizer=torch.optim.Adam(model.parameters(), lr=3e-3),
        epochs=12,
        metric="r2",
    )


@faulty("batch_mixing")
def lstm_without_batch_first(broken: bool) -> Script:
    """(B, T, D) goes into nn.LSTM(batch_first=False): the examples of a batch are read as time."""
    train, valid = tasks.sums()
    model = nets.Recurrent(2, 1, batch_first=not broken)
    return Script(
        model=model,
        train=loader(train, 32, shuffle=True),
        valid=loader(valid, 128),
        loss=nn.MSELoss(),
        optimizer=torch.optim.Adam(model.parameters(), lr=5e-3),
        epochs=15,
        metric="r2",
    )


@faulty("batch_mixing")
def transformer_without_batch_first(broken: bool) -> Script:
    """TransformerEncoderLayer(batch_first=False) over (B, T, D): attention runs across the batch."""
    train, valid = tasks.order()
    model = nets.TextTransformer(20, 2, length=10, batch_first=not broken)
    return Script(
        model=model,
        train=loader(train, 64, shuffle=True),
        valid=loader(valid, 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.Adam(model.parameters(), lr=2e-3),
        epochs=14,
    )


@faulty("batch_mixing", held=True)
def flattened_after_a_transposition(broken: bool) -> Script:
    """The embeddings are transposed to (T, B, D) and then reshaped to B rows: every row holds pieces of others."""

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding = nn.Embedding(20, 16)
            self.body = nets.mlp(160, 64, 2)

        def forward(self, ids: Tensor) -> Tensor:
            e = self.embedding(ids)
            if broken:
                e = e.transpose(0, 1)
            return self.body(e.reshape(ids.shape[0], -1))

    train, valid = tasks.order()
    model = Net()
    return Script(
        model=model,
        train=loader(train, 32, shuffle=True),
        valid=loader(valid, 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.Adam(model.parameters(), lr=3e-3),
        epochs=10,
    )


@faulty("underfitting")
def linear_model_of_a_crossed_pattern(broken: bool) -> Script:
    """No hidden layer, and the classes are an exclusive or."""
    train, valid = tasks.xor()
    model: nn.Module = nn.Linear(6, 2) if broken else nets.mlp(6, 32, 32, 2)
    return Script(
        model=model,
        train=loader(train, 32, shuffle=True),
        valid=loader(valid, 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.Adam(model.parameters(), lr=5e-3),
        epochs=15,
    )


@faulty("underfitting", held=True)
def bottleneck_of_one_unit(broken: bool) -> Script:
    """A hidden layer of one unit for ten classes."""
    train, valid = tasks.table("digits")
    model = nets.mlp(64, 1 if broken else 64, 10)
    return Script(
        model=model,
        train=loader(train, 32, shuffle=True),
        valid=loader(valid, 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.Adam(model.parameters(), lr=5e-3),
        epochs=12,
    )


@faulty("overfitting", "more_data", curable=False)
def wide_network_on_sixty_noisy_rows(broken: bool) -> Script:
    """60 rows, 20,000 weights, 150 epochs: training loss 0, validation loss ever higher."""
    (x, y), valid = tasks.blobs(1500, classes=4, spread=1.8)
    if broken:
        x, y = x[:60], y[:60]
    model = nets.mlp(10, 128, 128, 4)
    return Script(
        model=model,
        train=loader((x, y), 16, shuffle=True),
        valid=loader(valid, 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.Adam(model.parameters(), lr=2e-3),
        epochs=150 if broken else 5,
    )


@faulty("overfitting", "more_data", held=True)
def regression_that_learns_the_noise(broken: bool) -> Script:
    """Noisy targets fitted to the last digit for 200 epochs."""
    train, valid = tasks.diabetes()
    model = nets.mlp(10, 128, 128, 1) if broken else nets.mlp(10, 16, 1)
    return Script(
        model=model,
        train=loader(train, 32, shuffle=True),
        valid=loader(valid, 128),
        loss=nn.MSELoss(),
        optimizer=torch.optim.Adam(model.parameters(), lr=3e-3),
        epochs=120 if broken else 15,
        metric="r2",
    )
