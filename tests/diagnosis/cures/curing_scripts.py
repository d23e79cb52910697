"""Small training scripts to plant faults in, and what every test of a cure looks at."""

import hashlib

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import whet.diagnosis.cures  # noqa: F401  registers them
from whet.diagnosis.case import Case
from whet.diagnosis.cures.cure import cures
from whet.diagnosis.ordinary_loop import train_stretch
from whet.diagnosis.scoring import score
from whet.diagnosis.setup import Setup
from whet.finding import Finding
from whet.rng import drawing_globally, make_generator


def blobs(num=240, features=8, classes=3, seed=0, spread=0.7):
    """Gaussian clouds."""
    generator = make_generator(seed, "blobs")
    centres = 1.5 * torch.randn(classes, features, generator=make_generator(7, "centres"))
    y = torch.randint(classes, (num,), generator=generator)
    return centres[y] + spread * torch.randn(num, features, generator=generator), y


def pictures(num=240, seed=0):
    """A bright bar that lies or stands: (num, 1, 8, 8)."""
    generator = make_generator(seed, "pictures")
    y = torch.randint(2, (num,), generator=generator)
    x = 0.3 * torch.randn(num, 1, 8, 8, generator=generator)
    at = torch.randint(8, (num,), generator=generator)
    for i in range(num):
        if y[i]:
            x[i, 0, at[i]] += 1.5
        else:
            x[i, 0, :, at[i]] += 1.5
    return x, y


def waves(num=240, length=12, seed=0):
    """Slow and fast waves: (num, length, 1)."""
    generator = make_generator(seed, "waves")
    y = torch.randint(2, (num,), generator=generator)
    phase = 6.3 * torch.rand(num, 1, generator=generator)
    x = torch.sin(torch.arange(length) * (0.5 + 1.0 * y[:, None]) + phase)
    return (x + 0.1 * torch.randn(num, length, generator=generator))[..., None], y


def numbers(num=240, features=6, seed=0, scale=1.0, mean=0.0):
    """A linear target with a little noise."""
    generator = make_generator(seed, "numbers")
    x = torch.randn(num, features, generator=generator)
    weights = torch.randn(features, generator=make_generator(3, "weights"))
    y = x @ weights / features**0.5 + 0.1 * torch.randn(num, generator=generator)
    return x, y * scale + mean


def built(make, seed=0):
    with drawing_globally(seed, "model"):
        return make()


def mlp(features=8, classes=3, width=32, activation=nn.ReLU, depth=1, last=None):
    def make():
        layers = [nn.Linear(features, width), activation()]
        for _ in range(depth - 1):
            layers += [nn.Linear(width, width), activation()]
        layers.append(nn.Linear(width, classes))
        return nn.Sequential(*layers, *([] if last is None else [last]))

    return built(make)


def cnn(classes=2, norm=True, last=None):
    def make():
        body = [nn.Conv2d(1, 8, 3, padding=1)] + ([nn.BatchNorm2d(8)] if norm else [])
        head = [nn.ReLU(), nn.AdaptiveMaxPool2d(2), nn.Flatten(), nn.Linear(32, classes)]
        return nn.Sequential(*body, *head, *([] if last is None else [last]))

    return built(make)


class Recurrent(nn.Module):
    def __init__(self, features=1, classes=2, batch_first=True):
        super().__init__()
        self.lstm = nn.LSTM(features, 16, batch_first=batch_first)
        self.head = nn.Linear(16, classes)

    def forward(self, x):
        return self.head(self.lstm(x)[0][:, -1])


class Attentive(nn.Module):
    def __init__(self, features=1, classes=2, batch_first=True, dropout=0.0):
        super().__init__()
        self.embed = nn.Linear(features, 16)
        layer = nn.TransformerEncoderLayer(16, 2, 32, dropout=dropout, batch_first=batch_first)
        self.encoder = nn.TransformerEncoder(layer, 1, enable_nested_tensor=False)
        self.head = nn.Linear(16, classes)

    def forward(self, x):
        return self.head(self.encoder(self.embed(x))[:, -1])


def plain_forward(model, batch):
    return model(batch[0]), batch[1]


def loader(x, y, *, batch_size=16, shuffle=True):
    return DataLoader(TensorDataset(x, y), batch_size=batch_size, shuffle=shuffle)


def script(model, train, valid=None, *, loss=None, optimizer=None, lr=1e-2, batch_size=16, shuffle=True, **more):
    """An ordinary script: Adam and cross-entropy unless something else is given."""
    return Setup(
        model=model,
        train=loader(*train, batch_size=batch_size, shuffle=shuffle) if isinstance(train, tuple) else train,
        valid=loader(*valid, batch_size=64, shuffle=False) if isinstance(valid, tuple) else valid,
        loss=loss or nn.CrossEntropyLoss(),
        optimizer=optimizer or torch.optim.Adam(model.parameters(), lr=lr),
        forward=plain_forward,
        **more,
    )


def state_of(setup):
    """Everything of the user's that must stay as it is, bit for bit."""
    digest = hashlib.sha256()
    for name, tensor in setup.model.state_dict().items():
        digest.update(name.encode() + tensor.detach().numpy().tobytes())
    digest.update(repr(setup.model).encode() + repr(setup.optimizer.state_dict()).encode())
    for module in setup.model.modules():
        digest.update(repr([len(module._forward_pre_hooks), len(module._forward_hooks), module.training]).encode())
    digest.update(repr([(n, p.requires_grad) for n, p in setup.model.named_parameters()]).encode())
    digest.update(repr([setup.loop, setup.epochs, getattr(setup.train, "batch_size", 0)]).encode())
    digest.update(repr([] if setup.scheduler is None else sorted(setup.scheduler.state_dict())).encode())
    digest.update(torch.get_rng_state().numpy().tobytes())
    return digest.hexdigest()


def finding(symptom, **evidence):
    return Finding(symptom=symptom, severity=0.9, confidence=0.9, statement="", evidence=evidence)


def cured(name, setup, found=None, **case):
    """The corrected copy; the user's own parts are untouched, and the advice is a line of text."""
    case = Case(setup=setup, **case)
    before = state_of(setup)
    assert cures[name].applies(case), name
    changed = cures[name].apply(case, found)
    assert len(cures[name].advice(case, found)) > 10
    assert state_of(setup) == before
    assert not {id(p) for p in changed.model.parameters()} & {id(p) for p in setup.model.parameters()}
    assert changed.optimizer is not setup.optimizer
    return changed


def applies(name, setup):
    before = state_of(setup)
    answer = cures[name].applies(Case(setup=setup))
    assert state_of(setup) == before
    return answer


def trained_score(setup, steps=60, epochs=None):
    """Accuracy, or root mean squared error, on validation examples after a short training of a copy."""
    copy = setup.copy()
    train_stretch(copy, steps=None if epochs else steps, epochs=epochs)
    values = score(copy)
    assert values.num_broken in (0, len(values.values))
    if values.num_broken:
        return float("nan")
    return float(values.values.mean() if values.kind == "classes" else (values.values**2).mean() ** 0.5)
