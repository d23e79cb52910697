"""What one training yields, and the setting in which it runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from whet.data.dataset import Dataset
from whet.state import State

__all__ = ["CurvePoint", "FitSetting", "Fitted", "Progress", "Training"]


class Fitted(Protocol):
    """A trained model, network or estimator, with its preprocessing: raw examples in, scores out."""

    def scores(self, dataset: Dataset) -> np.ndarray:
        """(N, K) float64 probabilities or (N, 1) values, whatever the batch size or the row order."""
        ...

    def state(self) -> State:
        """Everything that ``training.restore`` needs, beside the recipe and the target, to give it back bit for bit."""
        ...


@dataclass(frozen=True, kw_only=True)
class CurvePoint:
    """One evaluation during training."""

    epoch: float
    seconds: float  # since the training began
    lr: float
    train_loss: float  # mean since the previous point
    valid_loss: float | None = None  # on a fixed sample of the validation part
    valid_score: float | None = None  # primary metric on the same sample
    train_score: float | None = None  # primary metric on training examples, without augmentation (last point only)
    grad_norm: float | None = None  # mean since the previous point


@dataclass(frozen=True, kw_only=True)
class Progress:
    """What a live panel shows about a running training."""

    fraction: float  # done, in [0, 1]
    epoch: float
    seconds: float
    train_loss: float
    valid_score: float | None = None


@dataclass(frozen=True, kw_only=True)
class FitSetting:
    """Where and for whom a training runs; nothing here changes what is learnt when the length is given in epochs."""

    device: str = "cpu"
    num_threads: int | None = None  # None: measured
    metric: str = "accuracy"  # primary metric, by name
    scratch: Path | None = None  # folder for what outgrows memory
    checkpoint: Path | None = None  # folder; when it holds a checkpoint of this recipe the training continues from it
    checkpoint_every_s: float = 20.0
    memory_bytes: int | None = None  # that this process may hold while it trains; None: no limit. See ``memory_limit``
    speed_cache: Path | None = None  # JSON file where measured step times are kept
    on_progress: Callable[[Progress], None] | None = None
    should_stop: Callable[[], bool] | None = None  # polled each step; True saves a checkpoint and raises Interrupted
    # told each point of the learning curve and the fraction of the training that is done; True raises Pruned, but for
    # the last point, after which there is nothing to save
    on_point: Callable[[CurvePoint, float], bool] | None = None


@dataclass(frozen=True, kw_only=True)
class Training:
    """The outcome of ``fit``."""

    fitted: Fitted
    valid_scores: np.ndarray | None  # (N_valid, K) with what the recipe asks for at inference (EMA, TTA)
    curve: tuple[CurvePoint, ...] = ()
    seconds: float = 0.0  # wall clock, calibration and evaluation included
    steps: int = 0
    epochs: float = 0.0
    num_parameters: int = 0
    train_score: float | None = None
    speed: Mapping[str, Any] = field(default_factory=dict)  # chosen precision, layout, threads and the measured table
    retried: bool = False  # diverged once and was restarted from the last good state at a quarter of the rate
    notes: tuple[str, ...] = ()
