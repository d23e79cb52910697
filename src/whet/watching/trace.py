"""What was seen of a training: plain values, one record per step, details of the layers on some of them.

Rules read traces and never ask who made them: ``whet.watch`` around a user's own loop, or Whet's own ordinary loop.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

__all__ = ["LayerSeen", "LossSeen", "ParameterSeen", "Step", "Trace"]


@dataclass(frozen=True, kw_only=True)
class LayerSeen:
    """The output of one leaf module in one forward pass. A module used several times shows its last use."""

    kind: str  # class name: "ReLU", "Linear"
    mean: float
    std: float
    most: float  # largest absolute value, infinities and NaNs left out
    broken: float  # share of values that are NaN or infinite
    silent: float  # share of units (axis 1, or the last axis of (B, T, D)) at most 0 for every example of the batch
    flat: float = 0.0  # share of values where a sigmoid or tanh is flat: derivative below 1 % of its peak


@dataclass(frozen=True, kw_only=True)
class ParameterSeen:
    """One parameter in one step, before and after the optimiser moved it. Norms are Euclidean."""

    size: int
    weight: float  # norm before the step
    gradient: float | None  # norm of what the optimiser was given; None: no gradient
    update: float  # norm of the change that the step made; 0 where it did not move
    broken: bool = False  # NaN or infinity in the weight or the gradient


@dataclass(frozen=True, kw_only=True)
class LossSeen:
    """One call of a loss function, as it was called."""

    function: str  # "cross_entropy", "mse_loss", or the class name of a loss module
    outputs: tuple[int, ...]  # shapes
    targets: tuple[int, ...]
    reduction: str = "mean"
    value: float = float("nan")
    rows_sum_to_one: bool = False  # the outputs are non-negative and sum to 1 along axis 1: probabilities, not logits
    is_detached: bool = False  # no gradient can flow from it


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of the optimiser. ``layers``, ``parameters`` and ``loss_call`` are empty on steps not looked at."""

    index: int  # 0 is the first step
    optimizer: int = 0  # which of those watched, in the order given
    seconds: float  # wall clock since the watching began, at the end of the step
    loss: float | None = None  # sum over its backward passes, without a gradient scaler's factor; None: not seen
    rates: tuple[float, ...] = ()  # learning rate by parameter group, as the step used it
    num_examples: int | None = None  # by the first axis of the first tensor that the model was given
    num_backward: int = 1  # backward passes since the last step
    num_discarded: int | None = (
        None  # passes whose gradients were zeroed unused before the last pass; None: not looked at
    )
    starts_clean: bool | None = None  # gradients were None or 0 before the first backward of this step; None: not seen
    is_training: bool = True  # the model was in training mode in its last forward pass with gradients
    in_eval: tuple[str, ...] = ()  # modules that depend on the mode (dropout, batch norm) and were in eval mode
    gradient: float | None = None  # norm over all parameters of what the optimiser was given
    wait_s: float | None = None  # from the end of the last step to the first forward pass: loading and moving data
    compute_s: float | None = None  # from there to the end of the step
    # by dotted name, in order of first use; activations called as functions are "fc1 > relu", after the layer before
    layers: Mapping[str, LayerSeen] = field(default_factory=dict)
    parameters: Mapping[str, ParameterSeen] = field(default_factory=dict)
    loss_call: LossSeen | None = None
    # what was NaN or infinite first: "inputs", "parameter 'body.3.weight'", "layer 'body.3' (Linear)",
    # "outputs of the model" (on steps not looked at), "loss", "gradient of 'body.3.weight'"
    first_broken: str = ""
    batch: int | None = (
        None  # the same for steps whose last forward pass was given the same values; None: not looked at
    )


@dataclass(frozen=True, kw_only=True)
class Trace:
    """A stretch of training."""

    steps: tuple[Step, ...]
    rates_by_epoch: tuple[float, ...] = ()  # first group's rate at the start of every pass over the data, where known
    steps_per_epoch: float | None = None  # where known
    num_forward_only: int = 0  # forward passes that no backward followed: evaluations
    evaluates_in_training_mode: bool = False  # some of those were without gradients and in training mode
    unheld: tuple[str, ...] = ()  # trainable parameters of the model that the optimiser does not hold
    foreign: int = 0  # parameters that the optimiser holds and the model does not have
    never_moved: tuple[str, ...] = ()  # trainable, held, and bit for bit the same at the end as at the beginning
    frozen: tuple[str, ...] = ()  # requires_grad was False
    scheduler_steps: int | None = None  # calls of the scheduler's step; None: there is no scheduler, or it was not seen
    threads: int = 0  # of the processor
    seconds: float = 0.0
    overhead_s: float = 0.0  # spent by the watching itself
    num_backward: int = 0  # backward passes, also those that no step followed
    # trainable parameters that only optimisers hold which never stepped, while others did
    idle: tuple[str, ...] = ()
    passes_in_training_mode: int = 0  # forward passes without gradients while the model was in training mode

    @property
    def looked_at(self) -> tuple[Step, ...]:
        """The steps with details of layers and parameters."""
        return tuple(s for s in self.steps if s.parameters)

    def losses(self) -> np.ndarray:
        """(number of steps,) float64; NaN where no loss was seen."""
        return np.array([np.nan if s.loss is None else s.loss for s in self.steps], dtype=np.float64)
