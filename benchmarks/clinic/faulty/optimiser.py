"""Mistakes in how weights are moved: rates, decay, momentum, and what the optimiser holds."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.clinic import nets, tasks
from benchmarks.clinic.collecting import faulty
from benchmarks.clinic.script import Script, loader


@faulty("learning_rate_too_high")
def sgd_rate_of_ten(broken: bool) -> Script:
    """lr=10 instead of 0.1."""
    train, valid = tasks.table("digits")
    model = nets.mlp(64, 64, 64, 10)
    return Script(
        model=model,
        train=loader(train, 32, shuffle=True),
        valid=loader(valid, 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.SGD(model.parameters(), lr=10.0 if broken else 0.1),
        epochs=8,
    )


@faulty("learning_rate_too_high")
def adam_rate_of_a_half(broken: bool) -> Script:
    """Adam with lr=0.5 on a CNN."""
    train, valid = tasks.digits()
    model = nets.SmallCNN(1, 10)
    return Script(
        model=model,
        train=loader(train, 32, shuffle=True),
        valid=loader(valid, 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.Adam(model.parameters(), lr=0.5 if broken else 2e-3),
        epochs=6,
    )


@faulty("learning_rate_too_high", held=True)
def transformer_with_the_rate_of_an_mlp(broken: bool) -> Script:
    """AdamW with lr=0.1 on a transformer."""
    train, valid = tasks.order()
    model = nets.TextTransformer(20, 2, length=10, norm_first=False)
    return Script(
        model=model,
        train=loader(train, 64, shuffle=True),
        valid=loader(valid, 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.AdamW(model.parameters(), lr=0.1 if broken else 2e-3),
        epochs=14,
    )


@faulty("learning_rate_too_high", held=True)
def gru_regression_rate_of_one(broken: bool) -> Script:
    """SGD with lr=2 on a recurrent regression."""
    train, valid = tasks.sums()
    model = nets.Recurrent(2, 1, kind=nn.GRU)
    return Script(
        model=model,
        train=loader(train, 32, shuffle=True),
        valid=loader(valid, 128),
        loss=nn.MSELoss(),
        optimizer=torch.optim.SGD(model.parameters(), lr=3.0 if broken else 0.1, momentum=0.9),
        epochs=15,
        metric="r2",
    )


@faulty("learning_rate_too_low")
def sgd_rate_of_a_millionth(broken: bool) -> Script:
    """lr=1e-6 where 0.1 was meant."""
    train, valid = tasks.table("digits")
    model = nets.mlp(64, 64, 10)
    return Script(
        model=model,
        train=loader(train, 32, shuffle=True),
        valid=loader(valid, 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.SGD(model.parameters(), lr=1e-6 if broken else 0.1),
        epochs=8,
    )


@faulty("learning_rate_too_low")
def fine_tuning_rate_from_scratch(broken: bool) -> Script:
    """The rate of a fine-tuning recipe (2e-6) on a CNN that starts from nothing."""
    train, valid = tasks.shapes()
    model = nets.SmallCNN(1, 4, norm=True)
    return Script(
        model=model,
        train=loader(train, 32, shuffle=True),
        valid=loader(valid, 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.AdamW(model.parameters(), lr=2e-6 if broken else 3e-3),
        epochs=8,
    )


@faulty("learning_rate_too_low", held=True)
def bag_moved_by_a_hair(broken: bool) -> Script:
    """SGD with lr=1e-4 on an embedding bag, whose rows each get few gradients."""
    train, valid = tasks.keywords()
    model = nets.TextBag(50, 4)
    return Script(
        model=model,
        train=loader(train, 32, shuffle=True),
        valid=loader(valid, 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.SGD(model.parameters(), lr=1e-4 if broken else 0.5, momentum=0.9),
        epochs=12,
    )


@faulty("learning_rate_too_low", "initial_loss")
def prices_in_dollars(broken: bool) -> Script:
    """Targets of about 300,000 with Adam's usual rate: the output would need years to get there."""
    (x, y), (xv, yv) = tasks.houses()
    if not broken:
        mean, std = y.mean(), y.std()
        y, yv = (y - mean) / std, (yv - mean) / std
    model = nets.mlp(8, 64, 1)
    return Script(
        model=model,
        train=loader((x, y), 32, shuffle=True),
        valid=loader((xv, yv), 128),
        loss=nn.MSELoss(),
        optimizer=torch.optim.Adam(model.parameters(), lr=1e-3),
        epochs=15,
        metric="r2",
    )


@faulty("weight_decay_too_strong")
def weight_decay_of_ten(broken: bool) -> Script:
    """AdamW(weight_decay=10): the weights shrink faster than they learn."""
    train, valid = tasks.table("digits")
    model = nets.mlp(64, 64, 64, 10)
    return Script(
        model=model,
        train=loader(train, 32, shuffle=True),
        valid=loader(valid, 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=20.0 if broken else 0.01),
        epochs=10,
    )


@faulty("weight_decay_too_strong")
def l2_penalty_of_a_half(broken: bool) -> Script:
    """SGD(weight_decay=0.5) on a CNN."""
    train, valid = tasks.digits()
    model = nets.SmallCNN(1, 10)
    return Script(
        model=model,
        train=loader(train, 32, shuffle=True),
        valid=loader(valid, 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, weight_decay=0.5 if broken else 5e-4),
        epochs=6,
    )


@faulty("weight_decay_too_strong", held=True)
def l2_inside_adam(broken: bool) -> Script:
    """Adam(weight_decay=1) on an embedding bag: the penalty is all that its gradients say."""
    train, valid = tasks.keywords()
    model = nets.TextBag(50, 4)
    return Script(
        model=model,
        train=loader(train, 32, shuffle=True),
        valid=loader(valid, 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.Adam(model.parameters(), lr=5e-3, weight_decay=1.0 if broken else 1e-5),
        epochs=10,
    )


@faulty("momentum_too_high", "learning_rate_too_high")
def momentum_of_three_nines(broken: bool) -> Script:
    """momentum=0.999 at a rate that suits 0.9: every step is a hundred times as long in the end."""
    train, valid = tasks.table("digits")
    model = nets.mlp(64, 64, 64, 10)
    return Script(
        model=model,
        train=loader(train, 32, shuffle=True),
        valid=loader(valid, 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.999 if broken else 0.9),
        epochs=8,
    )


@faulty("momentum_too_high", "learning_rate_too_high", held=True)
def momentum_written_as_the_decay(broken: bool) -> Script:
    """momentum=0.9995 on a 1-d CNN."""
    train, valid = tasks.waves()
    model = nets.WaveCNN(1, 3, norm=True)
    return Script(
        model=model,
        train=loader(train, 32, shuffle=True),
        valid=loader(valid, 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9995 if broken else 0.9),
        epochs=10,
    )


@faulty("optimizer_misses_parameters")
def embedding_replaced_after_the_optimizer(broken: bool) -> Script:
    """The optimiser was made, then the embedding was replaced by a larger one: the new one is never moved."""
    train, valid = tasks.keywords()
    model = nets.TextBag(30, 4, d=12)
    if not broken:
        model.bag = nn.EmbeddingBag(50, 12)
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    if broken:
        model.bag = nn.EmbeddingBag(50, 12)
    return Script(
        model=model,
        train=loader(train, 32, shuffle=True),
        valid=loader(valid, 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=optimizer,
        epochs=12,
    )


@faulty("optimizer_misses_parameters")
def only_the_head_is_given(broken: bool) -> Script:
    """optim.Adam(model.head.parameters()): the LSTM and the embedding stay as they were drawn."""
    train, valid = tasks.keywords()
    model = nets.Recurrent(16, 4, vocab=50)
    held = model.head.parameters() if broken else model.parameters()
    return Script(
        model=model,
        train=loader(train, 32, shuffle=True),
        valid=loader(valid, 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.Adam(held, lr=5e-3),
        epochs=10,
    )


@faulty("optimizer_misses_parameters", held=True)
def optimizer_of_another_copy(broken: bool) -> Script:
    """The optimiser holds the parameters of a first model; the one that trains was built again later."""
    train, valid = tasks.blobs(spread=0.8)
    first = nets.mlp(10, 64, 5)
    model = nets.mlp(10, 64, 5)
    return Script(
        model=model,
        train=loader(train, 32, shuffle=True),
        valid=loader(valid, 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.Adam((first if broken else model).parameters(), lr=3e-3),
        epochs=8,
    )


@faulty("frozen_parameters", "optimizer_misses_parameters")
def backbone_frozen_though_not_pretrained(broken: bool) -> Script:
    """requires_grad = False for everything but the head, copied from a fine-tuning script."""
    train, valid = tasks.shapes()
    model = nets.SmallCNN(1, 4, width=6)
    if broken:
        for name, p in model.named_parameters():
            p.requires_grad = name.startswith("head")
    return Script(
        model=model,
        train=loader(train, 32, shuffle=True),
        valid=loader(valid, 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=3e-3),
        epochs=10,
    )


@faulty("frozen_parameters", "no_gradient")
def encoder_under_no_grad(broken: bool) -> Script:
    """The features are computed under torch.no_grad(), a leftover of an experiment."""

    class Net(nets.SmallCNN):
        def forward(self, x: Tensor) -> Tensor:
            with torch.set_grad_enabled(torch.is_grad_enabled() and not broken):
                features = self.features(x)
            return self.head(features)

    train, valid = tasks.shapes(1200, channels=3)
    model = Net(3, 4, width=6)
    return Script(
        model=model,
        train=loader(train, 32, shuffle=True),
        valid=loader(valid, 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.Adam(model.parameters(), lr=3e-3),
        epochs=10,
    )


@faulty("frozen_parameters", "no_gradient", held=True)
def states_detached_before_the_head(broken: bool) -> Script:
    """.detach() on the last state of a GRU cuts the encoder off."""

    class Net(nets.Recurrent):
        def forward(self, x: Tensor) -> Tensor:
            states, _ = self.rnn(self.embedding(x))
            last = states[:, -1]
            return self.head(last.detach() if broken else last)

    train, valid = tasks.order()
    model = Net(16, 2, vocab=20, kind=nn.GRU)
    return Script(
        model=model,
        train=loader(train, 32, shuffle=True),
        valid=loader(valid, 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.Adam(model.parameters(), lr=5e-3),
        epochs=12,
    )


@faulty("unused_parameters")
def hidden_layers_never_called(broken: bool) -> Script:
    """forward goes from the stem to the head and skips the body."""

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.stem = nn.Linear(6, 32)
            self.body = nn.Sequential(nn.ReLU(), nn.Linear(32, 32), nn.ReLU())
            self.head = nn.Linear(32, 2)

        def forward(self, x: Tensor) -> Tensor:
            h = self.stem(x)
            return self.head(h if broken else self.body(h))

    train, valid = tasks.xor()
    model = Net()
    return Script(
        model=model,
        train=loader(train, 32, shuffle=True),
        valid=loader(valid, 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.Adam(model.parameters(), lr=5e-3),
        epochs=12,
    )


@faulty("unused_parameters", held=True)
def recurrence_bypassed(broken: bool) -> Script:
    """The head reads the mean of the embeddings; the GRU that should read the order is not called."""

    class Net(nets.Recurrent):
        def forward(self, x: Tensor) -> Tensor:
            e = self.embedding(x)
            return self.head(e.mean(dim=1) if broken else self.rnn(e)[0][:, -1])

    train, valid = tasks.order()
    model = Net(32, 2, vocab=20, kind=nn.GRU, hidden=32)
    return Script(
        model=model,
        train=loader(train, 32, shuffle=True),
        valid=loader(valid, 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.Adam(model.parameters(), lr=5e-3),
        epochs=12,
    )


@faulty("stopped_early", "learning_rate_too_low")
def one_epoch_only(broken: bool) -> Script:
    """epochs = 2 from a smoke test was never raised."""
    train, valid = tasks.friedman(800)
    model = nets.mlp(10, 64, 64, 1)
    return Script(
        model=model,
        train=loader(train, 32, shuffle=True),
        valid=loader(valid, 128),
        loss=F.mse_loss,
        optimizer=torch.optim.SGD(model.parameters(), lr=0.01),
        epochs=2 if broken else 40,
        metric="r2",
    )


@faulty("stopped_early", "learning_rate_too_low", held=True)
def transformer_stopped_while_it_learns(broken: bool) -> Script:
    """Two epochs of a text classifier whose loss was still falling fast."""
    train, valid = tasks.keywords(classes=6)
    model = nets.TextBag(50, 6)
    return Script(
        model=model,
        train=loader(train, 32, shuffle=True),
        valid=loader(valid, 128),
        loss=nn.CrossEntropyLoss(),
        optimizer=torch.optim.Adam(model.parameters(), lr=2e-3),
        epochs=3 if broken else 25,
    )
