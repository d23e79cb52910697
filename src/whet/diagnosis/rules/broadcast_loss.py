"""Outputs (B, 1) against targets (B,): the loss compares every prediction with every target.

Subtracting the two gives a (B, B) table. The best prediction is then the mean for every example, and nothing is
learnt.

Rule: outputs and targets have as many values but other shapes, and the loss of random outputs stays the same when
the targets change places, while it does not once the shapes are made equal. A loss that reshapes by itself is not
found.
Source: the warning of torch.nn.functional.mse_loss; NumPy's rules of broadcasting.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from whet.diagnosis.case import Case
from whet.diagnosis.probes.passes import Pass, first_pass
from whet.diagnosis.rule import Stage, rules
from whet.diagnosis.symptoms import COURSE, RATES, RESULT
from whet.errors import CannotJudgeError
from whet.finding import Finding
from whet.rng import make_generator

__all__ = ["BroadcastLoss"]


@dataclass(frozen=True, kw_only=True)
class BroadcastLoss:
    """Moves targets to other examples and looks whether the loss notices."""

    same: float = 1e-4  # relative difference below which two losses are the same

    title: str = "predictions compared with the targets of other examples"
    stage: Stage = "before"
    explains: frozenset[str] = (
        RATES
        | COURSE
        | RESULT
        | frozenset(
            {
                "cannot_memorise",
                "flat_loss",
                "underfitting",
                "below_baseline",
                "input_unused",
                "initial_loss",
                "wrong_output_size",
            }
            | {"no_gradient", "oscillation", "stopped_early", "shifted_targets"}
        )
    )

    def check(self, case: Case) -> Iterable[Finding]:
        """At most one finding."""
        if case.setup is None:
            return
        seen = case.ask(first_pass)
        for outputs, targets, loss in _pairs(case, seen):
            if outputs.shape == targets.shape or outputs.numel() != targets.numel() or not _spread(outputs, targets):
                continue
            if self._ignores_pairs(outputs, targets, loss, case.seed):
                yield _finding(outputs, targets)
                return

    def _ignores_pairs(self, outputs: Tensor, targets: Tensor, loss: Callable[[Any, Any], Any], seed: int) -> bool:
        generator = make_generator(seed, "broadcast")
        like = (
            torch.randn(outputs.shape, generator=generator).to(outputs) * targets.double().std()
            + targets.double().mean()
        )
        order = torch.randperm(targets.numel(), generator=generator).to(targets.device)
        moved = targets.reshape(-1)[order].reshape(targets.shape)
        shares = torch.rand(outputs.shape, generator=generator).to(outputs)  # fits losses of probabilities
        for drawn in (like.to(outputs.dtype), shares):
            same = self._stays(drawn, targets, moved, loss)
            if same is not None:
                return same
        raise CannotJudgeError("the loss does not take outputs of other values")

    def _stays(self, drawn: Tensor, targets: Tensor, moved: Tensor, loss: Callable[[Any, Any], Any]) -> bool | None:
        """Whether the loss stays the same, and with equal shapes does not; None where it cannot be computed."""
        level = drawn.reshape(targets.shape)
        try:
            with torch.no_grad(), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                plain, other = float(loss(drawn, targets)), float(loss(drawn, moved))
                plain_level, other_level = float(loss(level, targets)), float(loss(level, moved))
        except Exception:  # the user's loss may be of any make
            return None
        near = self.same * max(abs(plain), 1e-12)
        return abs(plain - other) <= near and abs(plain_level - other_level) > 10 * near


def _pairs(case: Case, seen: Pass) -> list[tuple[Tensor, Tensor, Callable[[Any, Any], Any]]]:
    """What the script hands to its loss, and what its loss hands to PyTorch's."""
    assert case.setup is not None
    pairs = []
    if isinstance(seen.outputs, Tensor) and isinstance(seen.targets, Tensor):
        pairs.append((seen.outputs.detach(), seen.targets.detach(), case.setup.copy().loss))
    for call, (outputs, targets) in zip(seen.calls, seen.given, strict=True):
        function = getattr(torch.nn.functional, call.function, None)
        if function is not None and call.function in ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"):
            pairs.append((outputs.detach(), targets.detach(), function))
    return pairs


def _spread(outputs: Tensor, targets: Tensor) -> bool:
    """Several examples with targets that differ: else no order can be told from another."""
    return outputs.is_floating_point() and targets.numel() > 1 and bool((targets != targets.reshape(-1)[0]).any())


def _finding(outputs: Tensor, targets: Tensor) -> Finding:
    shapes = tuple(outputs.shape), tuple(targets.shape)
    table = tuple((outputs.new_zeros(shapes[0]) + targets.new_zeros(shapes[1])).shape)
    advice = "pred.squeeze(-1)" if outputs.ndim > targets.ndim else "target.unsqueeze(-1)"
    return Finding(
        symptom="broadcast_loss",
        title="Shapes of outputs and targets differ",
        severity=0.95,
        confidence=0.98,
        statement=f"Outputs of shape {shapes[0]} are compared with targets of shape {shapes[1]}: broadcasting makes "
        f"{table} "
        "pairs, so every prediction is compared with every target, and the loss stays the same when targets change "
        "places.",
        evidence={"rule": "D7", "value": shapes[0], "threshold": shapes[1], "pairs": table},
        where="the line that computes the loss",
        cures=("match_shapes",),
        advice=f"Give both the same shape before the loss: {advice}, or pred.reshape(target.shape).",
        source="documentation of torch.nn.functional.mse_loss and of broadcasting in PyTorch",
    )


rules.register("broadcast_loss")(BroadcastLoss())
