"""The ordinary training script that a network of the user's own and a source amount to, for a diagnosis to look at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from whet.data.clusters import near_duplicate_clusters
from whet.data.dataset import Dataset
from whet.data.encoders.encoder import encoder_for
from whet.data.inputs import Inputs, InputSpec
from whet.data.load import load
from whet.data.splits import default_fractions, split
from whet.diagnosis.setup import Setup
from whet.errors import DataError
from whet.evaluation.choice import choose_metric
from whet.improving.own_model import own_recipe
from whet.models.architecture import build
from whet.models.own_inputs import ask_of, further, own_input
from whet.models.own_network import OwnNetwork
from whet.rng import make_numpy_generator
from whet.tasks.target import Target
from whet.tasks.task import task_for
from whet.training.gathering import gather_facts

__all__ = ["TensorBatches", "own_setup"]


class TensorBatches:
    """(inputs, targets) batch by batch: in a fresh random order each time it is read, or in their own order."""

    def __init__(self, inputs: Inputs, targets: Tensor, spec: InputSpec, *, batch_size: int, seed: int | None) -> None:
        self._inputs, self._targets, self._spec = inputs, targets, spec
        self.batch_size, self._seed, self._read = batch_size, seed, 0

    def __len__(self) -> int:
        return -(-len(self._targets) // self.batch_size)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        size = len(self._targets)
        order = np.arange(size)
        if self._seed is not None:
            order = make_numpy_generator(self._seed, "own batches", str(self._read)).permutation(size)
        self._read += 1
        for start in range(0, size, self.batch_size):
            rows = order[start : start + self.batch_size]
            yield own_input(self._spec, self._inputs.batch(rows)), self._targets[torch.from_numpy(rows)]


def own_setup(name: str, source: object, *, target: str | None = None, seed: int = 0, **settings: Any) -> Setup:
    """Model, batches, loss and optimiser as the first recipe of ``whet improve --model`` has them.

    Args:
        name: "package.module:factory" or "file.py:factory".
        settings: further arguments of ``whet.data.load.load``: types, group, time, task, image_size.
    Raises:
        ConfigError: the network does not fit the data; the message says why.
        DataError: the data cannot be used.
    """
    whole = load(source, target=target, **settings)
    if whole.target is None:
        raise DataError(f"{whole.origin} has no target to learn. Name its column: --target COLUMN.")
    task = task_for(whole.schema)
    clusters = near_duplicate_clusters(whole)
    share, _ = default_fractions(len(whole))
    parts = split(whole, clusters, test_fraction=0.0, valid_fraction=share, seed=seed, stratify=True)
    train, valid = whole.take(parts.train), whole.take(parts.valid)
    goal = task.fit_target(whole.target)
    counts = tuple(np.bincount(goal.encode(whole.target)).tolist()) if goal.kind == "classes" else ()
    metric, _ = choose_metric(goal.kind, counts)
    recipe = own_recipe(name, task, gather_facts(task, goal, metric, train, seed=seed))
    encoder = encoder_for(whole.schema.modality).fit(train, recipe.encoding, seed=seed)
    built = build(name, encoder.spec, goal.num_outputs, recipe.settings, seed=seed)
    assert isinstance(built, OwnNetwork)
    asked, spec = ask_of(built.net), encoder.spec

    def forward(model: nn.Module, batch: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        inputs, targets = batch
        given: Mapping[str, Tensor] = further(spec, inputs, asked)
        outputs = model(inputs, **given)
        outputs = outputs[0] if isinstance(outputs, tuple | list) else outputs
        return (outputs[:, None] if outputs.ndim == 1 and goal.kind == "number" else outputs), targets

    def batches(part: Dataset, order: int | None) -> TensorBatches:
        inputs = encoder.encode(part).only(built.parts)
        return TensorBatches(inputs, _targets(goal, part), spec, batch_size=recipe.batch_size, seed=order)

    return Setup(
        model=built.net,
        train=batches(train, seed),
        valid=batches(valid, None),
        loss=nn.CrossEntropyLoss() if goal.kind == "classes" else nn.MSELoss(),
        optimizer=torch.optim.AdamW(
            built.net.parameters(), lr=recipe.optimiser.lr, weight_decay=recipe.regularisation.weight_decay
        ),
        forward=forward,
        epochs=recipe.length.epochs,
        seed=seed,
    )


def _targets(goal: Target, part: Dataset) -> Tensor:
    """Class codes (N,), or standardised numbers (N, 1) float32."""
    assert part.target is not None
    codes = torch.from_numpy(goal.encode(part.target))
    return codes if goal.kind == "classes" else codes.float().reshape(-1, 1)
