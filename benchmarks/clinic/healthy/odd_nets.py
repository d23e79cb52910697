"""Healthy: networks and losses that look unusual."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.clinic import nets, tasks
from benchmarks.clinic.collecting import healthy
from benchmarks.clinic.healthy.plain import made
from benchmarks.clinic.script import Script, loader


@healthy()
def no_bias_anywhere() -> Script:
    """bias=False in all layers."""
    return made(tasks.table("digits"), nets.mlp(64, 64, 64, 10, bias=False))


@healthy()
def thousands_of_classes() -> Script:
    """2,000 classes, two examples each: the loss starts at log 2,000."""
    train, _ = tasks.blobs(6000, classes=2000, features=32, spread=0.15)
    _, valid = tasks.blobs(6000, classes=2000, features=32, spread=0.15)
    return made((train, valid), nets.mlp(32, 64, 2000), rate=1e-2, batch=128, epochs=6)


@healthy()
def log_softmax_with_nll_loss() -> Script:
    """The pair that belongs together."""
    model = nets.mlp(64, 64, 10)
    model.append(nn.LogSoftmax(dim=1))
    return made(tasks.table("digits"), model, loss=nn.NLLLoss())


@healthy()
def sigmoid_with_bce_loss() -> Script:
    """Sigmoid output, BCELoss, targets (B, 1)."""
    (x, y), (xv, yv) = tasks.table("breast_cancer")
    model = nets.mlp(30, 32, 1)
    model.append(nn.Sigmoid())
    parts = (x, y[:, None].float()), (xv, yv[:, None].float())
    return made(parts, model, loss=nn.BCELoss(), metric="binary")


@healthy()
def bce_with_logits() -> Script:
    """One logit, squeezed on purpose, against targets (B,)."""
    (x, y), (xv, yv) = tasks.xor()
    model = nn.Sequential(nets.mlp(6, 32, 32, 1), nn.Flatten(0))
    return made(((x, y.float()), (xv, yv.float())), model, loss=nn.BCEWithLogitsLoss(), metric="binary", rate=5e-3)


@healthy()
def several_labels_at_a_time() -> Script:
    """Multi-label: five yes/no targets for each example."""
    (x, y), (xv, yv) = tasks.blobs(classes=5, spread=0.7)
    many = lambda y: torch.stack([(y == k) | (y == (k + 1) % 5) for k in range(5)], dim=1).float()  # noqa: E731
    return made(((x, many(y)), (xv, many(yv))), nets.mlp(10, 64, 5), loss=nn.BCEWithLogitsLoss(), metric="binary")


@healthy()
def summed_loss_with_a_small_rate() -> Script:
    """reduction="sum" and a rate that was chosen for it."""
    model = nets.mlp(64, 64, 10)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1 / 32)
    return made(tasks.table("digits"), model, loss=nn.CrossEntropyLoss(reduction="sum"), optimizer=optimizer)


@healthy()
def positive_targets_behind_softplus() -> Script:
    """Targets are positive amounts, so the output goes through softplus."""
    (x, y), (xv, yv) = tasks.friedman()
    model = nets.mlp(10, 64, 1)
    model.append(nn.Softplus())
    return made(((x, y.exp()), (xv, yv.exp())), model, loss=nn.MSELoss(), metric="r2", rate=3e-3, epochs=20)


@healthy()
def shares_behind_a_sigmoid() -> Script:
    """Targets are shares in [0, 1], MSELoss on a sigmoid."""
    (x, y), (xv, yv) = tasks.friedman()
    model = nets.mlp(10, 64, 1)
    model.append(nn.Sigmoid())
    parts = (x, y.sigmoid()), (xv, yv.sigmoid())
    return made(parts, model, loss=nn.MSELoss(), metric="r2", rate=5e-3, epochs=20)


@healthy()
def post_norm_transformer() -> Script:
    """The original order of norm and residual, ReLU, dropout 0.1."""
    model = nets.TextTransformer(20, 2, length=10, norm_first=False, dropout=0.1, activation="relu")
    return made(tasks.order(), model, rate=2e-3, batch=64, epochs=15)


@healthy()
def sparse_embedding_bag() -> Script:
    """EmbeddingBag(sparse=True) with plain SGD."""
    model = nets.TextBag(50, 4, sparse=True)
    return made(tasks.keywords(), model, optimizer=torch.optim.SGD(model.parameters(), lr=1.0), epochs=15)


@healthy()
def lstm_with_time_first() -> Script:
    """batch_first=False handled right: the input is turned to (T, B, D)."""

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.rnn = nn.LSTM(2, 32)
            self.head = nn.Linear(32, 1)

        def forward(self, x: Tensor) -> Tensor:
            return self.head(self.rnn(x.transpose(0, 1))[0][-1])

    return made(tasks.sums(), Net(), loss=nn.MSELoss(), metric="r2", rate=5e-3, epochs=15)


@healthy()
def two_inputs() -> Script:
    """Numbers and a category id, as model(numbers, category)."""
    (x, y), (xv, yv) = tasks.blobs(classes=4, spread=0.8)
    cat, cat_v = (x[:, 0] > 0).long(), (xv[:, 0] > 0).long()
    return made(((x, cat, y), (xv, cat_v, yv)), nets.TwoInputs(10, 2, 4), rate=3e-3)


@healthy()
def tagging_every_token() -> Script:
    """Outputs (B, K, T), targets (B, T)."""

    class Tagger(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding = nn.Embedding(20, 16)
            self.rnn = nn.GRU(16, 32, batch_first=True)
            self.head = nn.Linear(32, 4)

        def forward(self, ids: Tensor) -> Tensor:
            return self.head(self.rnn(self.embedding(ids))[0]).transpose(1, 2)

    return made(tasks.tags(), Tagger(), rate=1e-2, epochs=10)


@healthy()
def network_of_tanh() -> Script:
    """Tanh hidden units, well scaled."""
    return made(tasks.table("wine"), nets.mlp(13, 32, 32, 3, act=nn.Tanh), batch=16, epochs=15, rate=3e-3)


@healthy(held=True)
def one_sigmoid_layer() -> Script:
    """A single hidden layer of sigmoids, as in old textbooks."""
    return made(tasks.table("digits"), nets.mlp(64, 64, 10, act=nn.Sigmoid), rate=1e-2)


@healthy(held=True)
def residual_layer_norm_gelu() -> Script:
    """Pre-norm residual blocks with GELU."""
    model = nn.Sequential(nn.Linear(64, 32), *[nets.PreNormBlock(32) for _ in range(4)], nn.Linear(32, 10))
    return made(tasks.table("digits"), model, rate=2e-3, epochs=8)


@healthy(held=True)
def tied_language_model() -> Script:
    """Embedding and output layer share one matrix."""
    (x,), (xv,) = tasks.text()
    parts = (x[:, :-1], x[:, 1:]), (xv[:, :-1], xv[:, 1:])
    return made(parts, nets.LanguageModel(16, tied=True), rate=5e-3, epochs=12)


@healthy(held=True)
def batch_norm_first() -> Script:
    """Raw columns of very different size, but BatchNorm is the first layer."""
    model = nets.mlp(13, 32, 3)
    model.insert(0, nn.BatchNorm1d(13))
    return made(tasks.table("wine", scale=False), model, batch=16, epochs=20, rate=3e-3)


@healthy(held=True)
def pictures_from_0_to_1() -> Script:
    """ToTensor alone, no standardisation: mean 0.3, deviation 0.38."""
    (x, y), (xv, yv) = tasks.digits(scale=False)
    return made(((x / 16, y), (xv / 16, yv)), nets.SmallCNN(1, 10), rate=3e-3)


@healthy(held=True)
def one_hot_columns() -> Script:
    """Inputs of zeros and ones, mostly zeros."""
    (x, y), (xv, yv) = tasks.keywords()
    hot = lambda ids: F.one_hot(ids, 50).sum(1).float()  # noqa: E731
    return made(((hot(x), y), (hot(xv), yv)), nets.mlp(50, 64, 4), rate=5e-3)


@healthy(held=True)
def label_smoothing() -> Script:
    """CrossEntropyLoss(label_smoothing=0.1): the loss cannot reach 0."""
    return made(tasks.table("digits"), nets.mlp(64, 64, 10), loss=nn.CrossEntropyLoss(label_smoothing=0.1))


@healthy(held=True)
def weighted_loss() -> Script:
    """Class weights for a class that is rare."""
    (x, y), (xv, yv) = tasks.blobs(3000, classes=2, features=4, spread=0.8, seed=3)
    keep, keep_v = (torch.rand(len(y)) < 0.15) | (y == 0), (torch.rand(len(yv)) < 0.15) | (yv == 0)
    loss = nn.CrossEntropyLoss(weight=torch.tensor([1.0, 6.0]))
    script = made(((x[keep], y[keep]), (xv[keep_v], yv[keep_v])), nets.mlp(4, 32, 2), loss=loss)
    script.metric = "balanced"
    return script


@healthy(held=True)
def own_loss_by_hand() -> Script:
    """Mean squares written out, with shapes that agree."""

    def loss(outputs: Tensor, targets: Tensor) -> Tensor:
        return ((outputs - targets) ** 2).mean()

    return made(tasks.friedman(), nets.mlp(10, 64, 1), loss=loss, metric="r2", rate=3e-3, epochs=12)


@healthy(held=True)
def denoising_autoencoder() -> Script:
    """The target is the picture itself, flattened; the input is the noisy picture."""
    (x, _), (xv, _) = tasks.table("digits")
    noisy = lambda x: x + 0.5 * torch.randn(x.shape)  # noqa: E731
    model = nets.mlp(64, 48, 24, 48, 64)
    return made(((noisy(x), x), (noisy(xv), xv)), model, loss=nn.MSELoss(), metric="r2", rate=3e-3, epochs=20)


@healthy(held=True)
def two_heads_with_one_loss() -> Script:
    """The model returns a dict; the loss adds the losses of two heads."""

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = nn.Sequential(nn.Linear(10, 64), nn.ReLU())
            self.kind, self.sign = nn.Linear(64, 5), nn.Linear(64, 1)

        def forward(self, x: Tensor) -> dict[str, Tensor]:
            h = self.body(x)
            return {"kind": self.kind(h), "sign": self.sign(h)}

    def loss(outputs: Any, targets: Tensor) -> Tensor:
        sign = (targets > 2).float()[:, None]
        return F.cross_entropy(outputs["kind"], targets) + F.binary_cross_entropy_with_logits(outputs["sign"], sign)

    return made(tasks.blobs(spread=0.7), Net(), loss=loss, rate=3e-3, epochs=8)


@healthy(held=True)
def hidden_states_returned_too() -> Script:
    """The model returns (logits, states); forward= picks the logits."""

    class Net(nets.Recurrent):
        def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:  # type: ignore[override]
            states, last = self.rnn(self.embedding(x))
            return self.head(states[:, -1]), last

    def forward(model: nn.Module, batch: Any) -> tuple[Tensor, Tensor]:
        return model(batch[0])[0], batch[1]

    script = made(tasks.keywords(), Net(16, 4, vocab=50, kind=nn.GRU), rate=5e-3)
    script.forward = forward
    return script


@healthy(held=True)
def dictionary_batches() -> Script:
    """Batches are dicts, as tokenisers make them."""
    script = made(tasks.keywords(), nets.TextBag(50, 4), rate=5e-3, epochs=12)

    def as_dict(rows: list[tuple[Tensor, Tensor]]) -> dict[str, Tensor]:
        return {"ids": torch.stack([r[0] for r in rows]), "labels": torch.stack([r[1] for r in rows])}

    train, valid = tasks.keywords()
    script.train = loader(train, 32, shuffle=True, collate_fn=as_dict)
    script.valid = loader(valid, 128, collate_fn=as_dict)
    script.forward = lambda model, batch: (model(batch["ids"]), batch["labels"])
    return script
