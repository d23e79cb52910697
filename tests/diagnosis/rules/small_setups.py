"""Tiny networks and data that the tests of rules before training share; all of it ordinary PyTorch code."""

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from whet.diagnosis.case import Case
from whet.diagnosis.setup import Setup
from whet.rng import drawing_globally, make_generator


def forward(model, batch):
    *inputs, y = batch
    return model(*inputs), y


def make(net, train, valid=None, *, loss=None, optimizer=None, **more):
    """A case; ``net`` is a factory, built from a named stream."""
    with drawing_globally(1, "net"):
        model = net()
    optimizer = optimizer or (lambda p: torch.optim.Adam(p, lr=1e-3))
    setup = Setup(
        model=model,
        train=train,
        valid=valid,
        loss=loss or nn.CrossEntropyLoss(),
        optimizer=optimizer([p for p in model.parameters() if p.requires_grad]),
        forward=more.pop("forward", forward),
        **more,
    )
    return Case(setup=setup)


def loader(*tensors, batch_size=32, shuffle=True, seed=0):
    return DataLoader(
        TensorDataset(*tensors), batch_size=batch_size, shuffle=shuffle, generator=make_generator(seed, "order")
    )


def blobs(num=256, features=8, classes=3, seed=0, spread=1.0):
    """Classes as clouds around centres that are far enough apart; the centres are always the same."""
    centres = 2 * torch.randn(classes, features, generator=make_generator(0, "centres"))
    g = make_generator(seed, "blobs")
    y = torch.randint(classes, (num,), generator=g)
    return centres[y] + spread * torch.randn(num, features, generator=g), y


def pictures(num=128, seed=0):
    """(N, 1, 8, 8) with a bright left, right or middle part."""
    g = make_generator(seed, "pictures")
    y = torch.randint(3, (num,), generator=g)
    x = 0.5 * torch.randn(num, 1, 8, 8, generator=g)
    for k in range(3):
        x[y == k, :, :, 2 * k : 2 * k + 3] += 1.5
    return x, y


def sequences(num=128, length=6, seed=0):
    """(N, T, 4) whose mean of the first column tells the class."""
    g = make_generator(seed, "sequences")
    x = torch.randn(num, length, 4, generator=g)
    return x, (x[:, :, 0].mean(dim=1) > 0).long()


def words(num=128, length=8, seed=0):
    """(N, T) token ids: three classes favour other words."""
    g = make_generator(seed, "words")
    y = torch.randint(3, (num,), generator=g)
    favourite = 10 * y[:, None] + torch.randint(10, (num, length), generator=g)
    noise = torch.randint(30, (num, length), generator=g)
    return torch.where(torch.rand(num, length, generator=g) < 0.7, favourite, noise), y


def mlp(features=8, classes=3, width=32):
    return nn.Sequential(
        nn.Linear(features, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, classes)
    )


def cnn(classes=3):
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(8, 8, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(128, classes),
    )


def cnn_with_norm(classes=3):
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(), nn.Linear(512, classes)
    )


class Recurrent(nn.Module):
    def __init__(self, features=4, width=16, classes=2, use=-1):
        super().__init__()
        self.lstm = nn.LSTM(features, width, batch_first=True)
        self.head = nn.Linear(width, classes)
        self.use = use

    def forward(self, x):
        return self.head(self.lstm(x)[0][:, self.use])


class Attending(nn.Module):
    def __init__(self, tokens=30, width=16, classes=3):
        super().__init__()
        self.embed = nn.Embedding(tokens, width)
        self.block = nn.TransformerEncoderLayer(width, 2, 32, dropout=0.1, batch_first=True)
        self.head = nn.Linear(width, classes)

    def forward(self, x):
        return self.head(self.block(self.embed(x)).mean(dim=1))


class Bag(nn.Module):
    def __init__(self, tokens=30, width=8, classes=3, sparse=False):
        super().__init__()
        self.bag = nn.EmbeddingBag(tokens, width, sparse=sparse)
        self.head = nn.Linear(width, classes)

    def forward(self, x):
        return self.head(self.bag(x))


class PreNormResidual(nn.Module):
    """Its residual branch ends in a layer of zeros, as is good practice."""

    def __init__(self, features=8, width=32, classes=3):
        super().__init__()
        self.stem = nn.Linear(features, width)
        self.norm = nn.LayerNorm(width)
        self.up, self.down = nn.Linear(width, width), nn.Linear(width, width)
        nn.init.zeros_(self.down.weight)
        nn.init.zeros_(self.down.bias)
        self.head = nn.Linear(width, classes)

    def forward(self, x):
        h = self.stem(x)
        return self.head(h + self.down(F.gelu(self.up(self.norm(h)))))


def healthy():
    """(name, case) of ordinary and of odd but fine set-ups."""
    x, y = blobs()
    xv, yv = blobs(64, seed=1)
    train, valid = loader(x, y), loader(xv, yv, shuffle=False)
    yield "mlp", make(mlp, train, valid)
    yield "mlp, tiny rate", make(mlp, train, valid, optimizer=lambda p: torch.optim.Adam(p, lr=1e-8))
    yield "mlp, SGD", make(mlp, train, valid, optimizer=lambda p: torch.optim.SGD(p, lr=0.1))
    yield "residual", make(PreNormResidual, train, valid)
    yield "linear", make(lambda: nn.Linear(8, 3), train, valid)
    yield "zero head", make(zero_head, train, valid)
    yield "batch size 1", make(mlp, loader(x, y, batch_size=1), valid)
    yield "frozen body", make(frozen_body, train, valid)
    yield "label smoothing", make(mlp, train, valid, loss=nn.CrossEntropyLoss(label_smoothing=0.2))
    yield "class weights", make(mlp, train, valid, loss=nn.CrossEntropyLoss(weight=torch.tensor([1.0, 5.0, 10.0])))
    yield "noise", make(mlp, loader(x, torch.randint(3, (256,), generator=make_generator(3, "noise"))), valid)
    many = torch.randint(2000, (256,), generator=make_generator(4, "many"))
    yield "many classes", make(lambda: mlp(classes=2000), loader(x, many), None)
    yield (
        "rare class",
        make(mlp, loader(x[(y > 0) | (torch.arange(256) < 9)], y[(y > 0) | (torch.arange(256) < 9)]), valid),
    )
    yield "cnn", make(cnn, loader(*pictures()), loader(*pictures(64, seed=1), shuffle=False))
    yield "cnn with norm", make(cnn_with_norm, loader(*pictures()), loader(*pictures(64, seed=1), shuffle=False))
    yield "lstm", make(Recurrent, loader(*sequences()), loader(*sequences(64, seed=1), shuffle=False))
    yield "attention", make(Attending, loader(*words()), loader(*words(64, seed=1), shuffle=False))
    yield "bag", make(Bag, loader(*words()), loader(*words(64, seed=1), shuffle=False))
    numbers = (x[:, :1] + x[:, 1:2] ** 2) / 3
    yield "numbers", make(lambda: mlp(classes=1), loader(x, numbers), loader(xv, xv[:, :1]), loss=nn.MSELoss())
    binary = (y > 0).float()[:, None]
    yield "binary", make(lambda: mlp(classes=1), loader(x, binary), None, loss=nn.BCEWithLogitsLoss())
    yield "tiny data", make(mlp, loader(x[:20], y[:20], batch_size=8), loader(xv[:10], yv[:10]))
    yield "unshuffled, well mixed", make(mlp, loader(x, y, shuffle=False), valid)


def zero_head():
    net = mlp()
    nn.init.zeros_(net[-1].weight)
    return net


def frozen_body():
    net = mlp()
    for p in net[:-1].parameters():
        p.requires_grad_(False)
    return net


def found(rule, case):
    """Findings of a rule; a rule that cannot judge says nothing."""
    from whet.errors import CannotJudgeError

    try:
        return list(rule.check(case))
    except CannotJudgeError:
        return []
