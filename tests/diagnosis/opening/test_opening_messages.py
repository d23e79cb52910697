"""What cannot be used gives one message that names the object, the step and what to pass instead."""

import itertools

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from whet.diagnosis.opening import open_setup
from whet.errors import ConfigError, DataError, WhetError

X, Y = torch.randn(8, 3, generator=torch.Generator().manual_seed(0)), torch.arange(8) % 2
CE = nn.CrossEntropyLoss()
GOOD = {"model": nn.Linear(3, 2), "train": [(X, Y)], "loss": CE}


def opened(**changes):
    parts = {**GOOD, **changes}
    return open_setup(parts.pop("model"), parts.pop("train"), parts.pop("valid", None), **parts)


class Raises(nn.Linear):
    def forward(self, x):
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")


class Extra(nn.Linear):
    def forward(self, x, mask):
        return super().forward(x)


class Many(nn.Linear):
    def forward(self, x):
        out = super().forward(x)
        return out, out


class Named(nn.Linear):
    def forward(self, x):
        return {"scores": super().forward(x)}


class Keeps(nn.Linear):
    def forward(self, x):
        self.last = super().forward(x)
        return self.last


def used(model):
    model(X)
    return model


class Broken(torch.utils.data.Dataset):
    def __len__(self):
        return 4

    def __getitem__(self, index):
        raise KeyError("path")


def with_attribute(model, **attributes):
    for name, value in attributes.items():
        setattr(model, name, value)
    return model


MODEL = GOOD["model"]
CASES = {
    # the model
    "class": ({"model": nn.Linear}, "opening model: it is the class Linear"),
    "no module": ({"model": lambda x: x}, "opening model: .* not a torch.nn.Module"),
    "no parameters": ({"model": nn.ReLU()}, "no parameters.*ModuleList"),
    "lazy": ({"model": nn.LazyLinear(2)}, "Run one batch through it"),
    "raises": (
        {"model": Raises(3, 2)},
        r"first batch of train through the model raised RuntimeError.*float32 \(8, 3\)",
    ),
    "extra argument": ({"model": Extra(3, 2)}, r"raised TypeError.*mask.*forward=lambda model, batch"),
    "tuple": ({"model": Many(3, 2)}, r"gives a tuple.*\(model\(batch\[0\]\)\[0\], batch\[1\]\)"),
    "dict": ({"model": Named(3, 2)}, "gives a dict, not a tensor.*forward=lambda"),
    "result kept": ({"model": used(Keeps(3, 2))}, "copying model .*keeps 'last'.*detach"),
    "generator kept": ({"model": with_attribute(nn.Linear(3, 2), rows=(i for i in [1]))}, "copying model .*'rows'"),
    "batch of one": (
        {"model": nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2)), "train": [(X[:1], Y[:1])]},
        "larger batch_size",
    ),
    # the loaders
    "dataset": ({"train": TensorDataset(X, Y)}, r"opening train: it is a dataset.*DataLoader\(train, .*shuffle=True"),
    "generator": ({"train": ((X, Y) for _ in range(3))}, "reading train: it is a generator.*only once"),
    "cycle": ({"train": itertools.cycle([(X, Y)])}, "reading train: it is a cycle"),
    "empty": ({"train": []}, "reading train: it gives no batch"),
    "empty loader": ({"train": DataLoader(TensorDataset(X, Y), batch_size=99, drop_last=True)}, "drop_last"),
    "one batch": ({"train": (X, Y)}, "opening train: it is one batch"),
    "tensor": ({"train": X}, "opening train: it is float32"),
    "array": ({"train": np.zeros((3, 3))}, "opening train: it is numpy float64"),
    "number": ({"train": 3}, "opening train: int gives no batches"),
    "loader class": ({"train": DataLoader}, "opening train: it is the class DataLoader"),
    "loader raises": (
        {"train": DataLoader(Broken(), batch_size=2)},
        "reading the first batch of train raised KeyError",
    ),
    "single examples": ({"train": [(X[0], 1), (X[1], 0)]}, "single examples"),
    "valid empty": ({"valid": []}, "reading valid: it gives no batch"),
    "valid generator": ({"valid": iter([(X, Y)])}, "reading valid: it is a list_iterator"),
    "valid of another form": ({"valid": [(X[:, :2], Y)]}, "first batch of valid through the model raised"),
    "inputs alone": ({"train": [(X,)]}, "no targets.*forward=lambda"),
    "tensors alone": ({"train": [X]}, r"a batch is float32 \(8, 3\)"),
    "no labels": ({"train": [{"input": X, "klass": Y}]}, "'klass'.*labels, label, target, targets, y"),
    "two labels": ({"train": [{"input": X, "y": Y, "label": Y}]}, r"several \(label, y\)"),
    "arrays": ({"train": [(X.numpy(), Y.numpy())]}, "NumPy arrays.*collate_fn"),
    "words": ({"train": [(["a", "b"], Y[:2])]}, "hold text"),
    "words as targets": ({"train": [(X, ["a"] * 8)]}, "the targets of a batch hold text"),
    # the loss
    "loss class": ({"loss": nn.CrossEntropyLoss}, r"opening loss: .*CrossEntropyLoss\(\)"),
    "loss name": ({"loss": "mse"}, "opening loss: it is 'mse'"),
    "no loss": ({"loss": None}, "opening loss: none was given.*outputs.loss"),
    "vector": ({"loss": nn.CrossEntropyLoss(reduction="none")}, r"gave \(8,\) values.*reduction='none'"),
    "float": ({"loss": lambda o, t: CE(o, t).item()}, r"gave float.*\.item\(\)"),
    "shapes": ({"loss": nn.BCEWithLogitsLoss()}, r"raised ValueError.*outputs are float32 \(8, 2\)"),
    "labels of floats": ({"train": [(X, Y.float())]}, "whole numbers: targets.long"),
    "nothing": ({"loss": lambda o, t: None}, "opening loss: it gave"),
    "no probabilities": (
        {"model": nn.Linear(3, 1), "loss": nn.BCELoss(), "train": [(9 * X, Y[:, None].float())]},
        "BCELoss takes probabilities.*BCEWithLogitsLoss",
    ),
    "loss of the model itself": ({"loss": lambda o, t: CE(o, t) + MODEL.weight.norm()}, "uses your model itself"),
    # the forward
    "forward of the model itself": ({"forward": lambda m, b: (MODEL(b[0]), b[1])}, "uses your model itself"),
    "forward gives outputs alone": ({"forward": lambda m, b: m(b[0])}, r"must give \(outputs, targets\)"),
    "forward is no function": ({"forward": 3}, "opening forward"),
    # the optimiser, scheduler and loop
    "optimizer class": ({"optimizer": torch.optim.Adam}, r"opening optimizer: .*Adam\(model.parameters\(\)"),
    "optimizer name": ({"optimizer": "adam"}, "opening optimizer: it is 'adam'"),
    "two optimizers": ({"optimizer": [torch.optim.SGD(MODEL.parameters(), lr=1)] * 2}, "there are 2"),
    "scheduler class": ({"scheduler": torch.optim.lr_scheduler.StepLR}, "opening scheduler: it is the class StepLR"),
    "no scheduler": ({"scheduler": 3}, r"has no step\(\)"),
    "clip": ({"clip_norm": 0.0}, "clip_norm"),
    "accumulate": ({"accumulate": 0}, "accumulate"),
    "schedule": ({"schedule_every": "batch"}, "schedule_every must be 'epoch' or 'step'"),
    "epochs": ({"epochs": -1}, "epochs must be above 0"),
}


@pytest.mark.filterwarnings("ignore:Lazy modules")
@pytest.mark.parametrize("name", CASES)
def test_the_message_names_the_object_and_the_way_out(name):
    changes, words = CASES[name]
    with pytest.raises(WhetError, match=f"(?s){words}") as caught:
        opened(**changes)
    assert isinstance(caught.value, ConfigError | DataError | ValueError)
    assert len(str(caught.value)) < 900
    assert "\n" not in str(caught.value)


def test_an_optimizer_without_parameters():
    optimizer = torch.optim.SGD(MODEL.parameters(), lr=0.1)
    optimizer.param_groups[0]["params"] = []
    with pytest.raises(ConfigError, match="it holds no parameters"):
        opened(optimizer=optimizer)


def test_a_weight_norm_that_cannot_be_copied_is_named():
    class Old(nn.Linear):
        def __deepcopy__(self, memo):
            raise RuntimeError("Only Tensors created explicitly by the user support the deepcopy protocol")

    with pytest.raises(ConfigError, match=r"copying model .Old. for experiments raised RuntimeError"):
        opened(model=Old(3, 2))


def test_a_generator_is_not_consumed():
    rows = iter([(X, Y), (X, Y)])
    with pytest.raises(DataError):
        opened(train=rows)
    assert len(list(rows)) == 2


def test_the_good_twin_opens():
    assert opened().model is MODEL
