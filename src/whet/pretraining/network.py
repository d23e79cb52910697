"""The network that is trained: a body, and one head per pretext task."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from whet.data.inputs import Batch
from whet.models.architecture import Architecture
from whet.pretraining.answers import Answers
from whet.pretraining.pretext import Pretext
from whet.rng import drawing_globally

__all__ = ["Asked", "PretrainingNetwork"]


class PretrainingNetwork(Architecture):
    """``body`` is what is kept; ``head`` holds every other parameter that is trained."""

    head: nn.ModuleDict

    def __init__(self, body: Architecture, tasks: Mapping[str, Pretext], *, seed: int) -> None:
        super().__init__()
        body.head.requires_grad_(False)  # a task that uses it makes it anew
        with drawing_globally(seed, "pretext heads"):
            heads = {name: task.build_head(body) for name, task in tasks.items()}
        self.body, self.head, self.tasks = body, nn.ModuleDict(heads), dict(tasks)

    def answers(self, name: str, batch: Batch, targets: Tensor, *, generator: torch.Generator) -> Answers:
        """What the task ``name`` asks of this batch."""
        return self.tasks[name].answers(self.body, self.head[name], batch, targets, generator=generator)

    def forward_features(self, batch: Batch) -> Tensor:
        """The body's."""
        return self.body.forward_features(batch)

    def reset_head(self, num_outputs: int) -> None:
        """The heads belong to the tasks."""
        raise NotImplementedError("a network under pretraining has a head per task; reset that of its body instead.")

    def decayed(self) -> list[nn.Parameter]:
        """What the body says, and the matrices of the heads."""
        own = self.body.decayed()
        known = {id(p) for p in own}
        return own + [p for p in self.head.parameters() if p.ndim >= 2 and id(p) not in known]


class Asked:
    """See ``training.objective.Objective``: the sum of all tasks' mean losses.

    Tasks that see changed examples come first, so that running statistics end on examples as they are.
    """

    def __init__(self, tasks: Mapping[str, Pretext]) -> None:
        self.order = sorted(tasks, key=lambda name: tasks[name].plain)

    def __call__(self, model: nn.Module, batch: Batch, targets: Tensor, *, generator: torch.Generator) -> Tensor:
        """Scalar."""
        assert isinstance(model, PretrainingNetwork)
        losses = [model.answers(n, batch, targets, generator=generator).mean_loss() for n in self.order]
        return torch.stack(losses).sum()
