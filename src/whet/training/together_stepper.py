"""One step of several networks at once: what ``Stepper`` does for one, seed by seed where seeds must not mix.

Losses are added up, so no network's gradient knows of another. AdamW and SGD work number by number, so that one of them
over the stack moves every network as one of its own would; norms for clipping are taken per network.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext

import torch
from torch import Tensor

from whet.data.inputs import Batch
from whet.recipe import Recipe
from whet.training.ema import Average
from whet.training.mixup import mixup
from whet.training.objective import Supervised, member_losses
from whet.training.optimisers import Optimisers, optimisers_over
from whet.training.stepper import add_l1
from whet.training.together_stack import Stack

__all__ = ["StackStepper"]


class StackStepper:
    """Moves all networks of ``stack`` by one batch each."""

    def __init__(
        self, stack: Stack, recipe: Recipe, objectives: Sequence[Supervised], *, precision: str,
        averages: Sequence[Average | None] = (),
    ) -> None:  # fmt: skip
        self.stack, self.objectives, self.precision = stack, list(objectives), precision
        self.averages = [average for average in averages if average is not None]
        self.l1, self.grad_clip = recipe.regularisation.l1, recipe.regularisation.grad_clip
        self._all = list(stack.parameters.values())
        self._decayed = stack.decayed()
        self.optimisers: Optimisers = optimisers_over(
            self._all,
            recipe.optimiser,
            decayed=self._decayed,
            weight_decay=recipe.regularisation.weight_decay,
        )

    def __call__(
        self,
        batches: Sequence[tuple[Batch, Tensor]],
        *,
        step: int,
        rate: float,
        dropping: Sequence[torch.Generator],
        mixing: Sequence[torch.Generator],
        measure: bool,
    ) -> tuple[Tensor, Tensor | None]:
        """(k,) losses before the step and (k,) gradient norms where they were measured; see ``Stepper``."""
        losses = self.losses(batches, dropping=dropping, mixing=mixing)
        losses.sum().backward()  # type: ignore[no-untyped-call]
        norms = self._regularise(measure)
        self.optimisers.step(rate)
        for average in self.averages:
            average.update(step)
        return losses.detach(), norms

    def losses(
        self,
        batches: Sequence[tuple[Batch, Tensor]],
        *,
        dropping: Sequence[torch.Generator],
        mixing: Sequence[torch.Generator],
    ) -> Tensor:
        """(k,) mean loss of each network on its own batch."""
        alpha = self.objectives[0].mixup
        targets = torch.stack([target for _, target in batches])  # (k, B)
        if alpha == 0:
            outputs = self._outputs([batch for batch, _ in batches], dropping)
            return self._losses(outputs, targets).mean(dim=1)
        mixed = [mixup(batch, alpha, generator=g) for (batch, _), g in zip(batches, mixing, strict=True)]
        outputs = self._outputs([batch for batch, _, _ in mixed], dropping)
        partners = torch.stack([target[partner] for (_, target), (_, partner, _) in zip(batches, mixed, strict=True)])
        weights = torch.tensor([weight for _, _, weight in mixed])[:, None]
        return torch.lerp(self._losses(outputs, partners), self._losses(outputs, targets), weights).mean(dim=1)

    def _outputs(self, batches: Sequence[Batch], dropping: Sequence[torch.Generator]) -> Tensor:
        parts = {name: torch.stack([batch[name] for batch in batches]) for name in self.stack.models[0].parts}
        half = torch.autocast("cpu", dtype=torch.bfloat16) if self.precision == "bfloat16" else nullcontext()
        with half:
            return self.stack(parts, dropping)

    def _losses(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """(k, B, ...) outputs and (k, B) targets -> (k, B)."""
        first = self.objectives[0]
        flat = member_losses(
            first.target, outputs.flatten(0, 1), targets.flatten(), label_smoothing=first.label_smoothing
        )
        losses = flat.view(targets.shape)
        if first.class_weights is None:
            return losses
        weights = [o.class_weights[t] for o, t in zip(self.objectives, targets) if o.class_weights is not None]
        return losses * torch.stack(weights)

    @torch.no_grad()
    def _regularise(self, measure: bool) -> Tensor | None:
        if self.l1 > 0:
            add_l1(self._decayed, self.l1)
        if self.grad_clip is None and not measure:
            return None
        own = list(zip(*[p.grad.unbind() for p in self._all if p.grad is not None], strict=True))  # by network
        each = torch._foreach_norm([grad for grads in own for grad in grads])
        norms: Tensor = torch.linalg.vector_norm(torch.stack(each).view(len(own), -1), dim=1)  # (k,)
        if self.grad_clip is not None:
            shrink = (self.grad_clip / (norms + 1e-6)).clamp(max=1.0)  # as torch.nn.utils.clip_grad_norm_ does
            for grads, factor in zip(own, shrink.unbind(), strict=True):
                torch._foreach_mul_(grads, factor)
        return norms
