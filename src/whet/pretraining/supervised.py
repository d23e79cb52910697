"""Learn from labels: the body of an ordinary classifier or regressor.

Helps: a labelled relative of the task at hand; at a few thousand examples labels teach more than any pretext.
Hurts: labels that have nothing to do with the later task: the body forgets what they do not ask for.
Source: Yosinski et al., "How transferable are features in deep neural networks?", NeurIPS 2014.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from whet.data.inputs import Batch
from whet.data.kinds import Modality
from whet.errors import ConfigError
from whet.models.architecture import Architecture
from whet.pretraining.answers import Answers
from whet.pretraining.pretext import Given, pretexts
from whet.training.objective import member_losses

__all__ = ["Labels"]


@pretexts.register("labels")
class Labels:
    """See ``Pretext``; the head is the body's own."""

    objective: ClassVar[str] = "supervised"
    modalities: ClassVar[tuple[Modality, ...]] = tuple(Modality)
    what: str = "labels right"
    plain: ClassVar[bool] = True

    def __init__(self, given: Given) -> None:
        if given.target is None:
            raise ConfigError(
                "the objective 'supervised' needs labels, and these examples have none: name the column with --target, "
                "or choose another objective."
            )
        self.target, self.label_smoothing = given.target, given.label_smoothing
        if given.target.kind == "number":
            self.what = "variance of the labels explained"

    def build_head(self, body: Architecture) -> nn.Module:
        """The body's own, made for as many outputs as the target has."""
        body.reset_head(self.target.num_outputs)
        return body.head

    def answers(
        self, body: Architecture, head: nn.Module, batch: Batch, targets: Tensor, *, generator: torch.Generator
    ) -> Answers:
        """One question an example."""
        outputs = body(batch)
        smoothing = self.label_smoothing if body.training else 0.0
        losses = member_losses(self.target, outputs, targets, label_smoothing=smoothing)
        if self.target.kind == "number":
            return Answers(losses=losses, truth=targets)
        probs = outputs.detach().float().softmax(dim=-1)
        guess = (probs if probs.ndim == 2 else probs.mean(dim=1)).argmax(dim=1)
        return Answers(losses=losses, truth=targets, right=guess == targets)
