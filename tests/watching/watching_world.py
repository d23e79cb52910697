"""Ordinary trainings, each written as a user would, to be run twice: watched and not watched."""

import contextlib

import torch
import torch.nn.functional as F
from torch import nn


class Functional(nn.Module):
    """Activations as functions and methods, one layer used twice, two inputs, two outputs."""

    def __init__(self):
        super().__init__()
        self.first, self.shared, self.last = nn.Linear(6, 8), nn.Linear(8, 8), nn.Linear(8, 3)

    def forward(self, a, *, b):
        h = F.relu(self.first(a) + b.mean())
        h = torch.tanh(self.shared(h))
        h = self.shared(h).sigmoid()
        return {"logits": self.last(h), "extra": (h,)}


class Words(nn.Module):
    def __init__(self):
        super().__init__()
        self.bag, self.head = nn.EmbeddingBag(20, 6, sparse=True), nn.Linear(6, 3)

    def forward(self, words, offsets):
        return self.head(self.bag(words, offsets))


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.body, self.head = nn.LSTM(4, 8, num_layers=2, dropout=0.2, batch_first=True), nn.Linear(8, 3)

    def forward(self, x):
        return self.head(self.body(x)[0][:, -1])


class Attending(nn.Module):
    def __init__(self):
        super().__init__()
        layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.1, batch_first=True)
        self.body = nn.TransformerEncoder(layer, 2)
        self.attention, self.head = nn.MultiheadAttention(8, 2, batch_first=True), nn.Linear(8, 3)

    def forward(self, x):
        h = self.body(x)
        h, _ = self.attention(h, h, h)
        return self.head(h.mean(1))


def mlp():
    return nn.Sequential(nn.Linear(6, 8), nn.ReLU(inplace=True), nn.Dropout(0.3), nn.Linear(8, 3))


def cnn():
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3)]
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), *head)


def _targets():
    return torch.randint(0, 3, (8,))


def classify(model, optimizer, inputs, *, steps=14, context=contextlib.nullcontext):
    loss_fn = nn.CrossEntropyLoss()
    for step in range(steps):
        model.train()
        x, y = inputs(), _targets()
        optimizer.zero_grad()
        with context():
            loss = loss_fn(model(x), y)
        loss.backward()
        optimizer.step()
        if step % 5 == 4:
            model.eval()
            with torch.no_grad():
                model(x)


def plain(model, opt):
    classify(model, opt, lambda: torch.randn(8, 6))


def pictures(model, opt):
    classify(model, opt, lambda: torch.randn(8, 1, 6, 6))


def series(model, opt):
    classify(model, opt, lambda: torch.randn(8, 5, 4))


def sentences(model, opt):
    classify(model, opt, lambda: torch.randn(8, 5, 8))


def autocast(model, opt):
    classify(model, opt, lambda: torch.randn(8, 6), context=lambda: torch.autocast("cpu", dtype=torch.bfloat16))


def scaled(model, opt):
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
    for _ in range(12):
        opt.zero_grad()
        loss = F.cross_entropy(model(torch.randn(8, 6)), _targets())
        scaler.scale(loss).backward()
        scaler.step(opt)
        scaler.update()


def accumulating(model, opt):
    for i in range(30):
        loss = F.cross_entropy(model(torch.randn(8, 6)), _targets()) / 3
        loss.backward()
        if i % 3 == 2:
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            opt.step()
            opt.zero_grad()


def several(model, opt):
    for _ in range(12):
        opt.zero_grad()
        out = model(torch.randn(8, 6), b=torch.randn(2))
        loss = F.cross_entropy(out["logits"], _targets()) + out["extra"][0].pow(2).mean()
        loss.backward(retain_graph=True)
        loss.backward()
        opt.step()


def penalised(model, opt):
    """A second derivative: the penalty is a gradient."""
    for _ in range(12):
        x = torch.randn(8, 6, requires_grad=True)
        loss = model(x).pow(2).mean()
        (slope,) = torch.autograd.grad(loss, x, create_graph=True)
        opt.zero_grad()
        (loss + slope.pow(2).sum()).backward()
        opt.step()


def bags(model, opt):
    for _ in range(12):
        opt.zero_grad()
        offsets = torch.arange(0, 24, 3)
        F.nll_loss(model(torch.randint(0, 20, (24,)), offsets).log_softmax(1), _targets()).backward()
        opt.step()


def closures(model, opt):
    x, y = torch.randn(8, 6), _targets()

    def closure():
        opt.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        return loss

    for _ in range(3):
        opt.step(closure)


def sgd(model):
    return torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)


def adam(model):
    return torch.optim.AdamW(model.parameters(), lr=1e-2)


def lbfgs(model):
    return torch.optim.LBFGS(model.parameters(), max_iter=4)


def plain_sgd(model):
    return torch.optim.SGD(model.parameters(), lr=0.05)


ALL = {
    "mlp": (mlp, sgd, plain),
    "cnn": (cnn, adam, pictures),
    "lstm": (Recurrent, adam, series),
    "transformer": (Attending, adam, sentences),
    "embedding bag": (Words, plain_sgd, bags),
    "shared, several in and out": (Functional, adam, several),
    "accumulation": (mlp, sgd, accumulating),
    "autocast": (mlp, sgd, autocast),
    "gradient scaler": (mlp, sgd, scaled),
    "closures": (lambda: nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 3)), lbfgs, closures),
    "second derivative": (lambda: nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 3)), adam, penalised),
}
