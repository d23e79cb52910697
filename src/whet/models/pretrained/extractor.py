"""A frozen body at work: one feature vector per example, batched by length, within a limit of seconds."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from whet.data.dataset import Dataset
from whet.data.encoders.encoder import Encoder
from whet.data.inputs import Inputs, RaggedPart
from whet.errors import TrainingFailedError
from whet.models.architecture import Architecture

__all__ = ["Extractor", "Pace", "Precision"]

Precision = Literal["float32", "bfloat16"]
MOST, MOST_POSITIONS = 64, 4096  # examples of a batch, and their tokens, padding included
FASTER = 1.3  # bfloat16 is taken from this factor on; below, its rounding is not worth it


class Pace:
    """Gives up as soon as the first batches show that the features would take longer than there is time."""

    def __init__(self, num_examples: int, seconds: float | None) -> None:
        self._left, self._seconds, self._begin = num_examples, seconds, time.monotonic()
        self._done_share = 0.0  # of everything, in examples

    def check(self, share: float, num_examples: int) -> None:
        """``share`` of the work of ``num_examples`` examples is done since the last call."""
        self._done_share += share * num_examples / max(1, self._left)
        elapsed = time.monotonic() - self._begin
        if self._seconds is None or elapsed < 0.02 * self._seconds:
            return
        whole = elapsed / min(1.0, self._done_share)
        if whole > 1.1 * self._seconds:  # a tenth of slack: the first batches are the slowest
            cause = f"would take {whole:.0f} s of {self._seconds:.0f} s"
            raise TrainingFailedError(
                f"the features of the pretrained body were given up: they {cause}. Give more time, fewer examples, "
                "shorter texts (max_tokens) or smaller pictures (side).",
                cause=cause,
            )


@dataclass(frozen=True, kw_only=True)
class Extractor:
    """``vectors`` of examples; ``model`` is in evaluation mode and never changes."""

    encoder: Encoder
    model: Architecture
    normalise: bool  # vectors have length 1
    precision: Precision = "float32"

    def vectors(self, dataset: Dataset, *, pace: Pace | None = None) -> np.ndarray:
        """(N, D) float32."""
        inputs = self.encoder.encode(dataset).only(self.model.parts)
        work = _work(inputs)
        found: np.ndarray | None = None
        for index in _batches(work):
            vectors = self._of(inputs, index).numpy()
            found = np.empty((len(dataset), vectors.shape[1]), np.float32) if found is None else found
            found[index] = vectors
            if pace is not None:
                pace.check(float(work[index].sum() / work.sum()), len(dataset))
        assert found is not None, "at least one example"
        return found

    def fastest(self, dataset: Dataset) -> Precision:
        """bfloat16 where it is clearly faster on a batch of these examples, otherwise float32."""
        inputs = self.encoder.encode(dataset.take(np.arange(min(16, len(dataset))))).only(self.model.parts)
        index = np.arange(len(inputs))
        seconds: dict[str, float] = {}
        for precision in ("float32", "bfloat16", "bfloat16", "float32"):
            begin = time.perf_counter()
            self._of(inputs, index, precision)
            taken = time.perf_counter() - begin
            seconds[precision] = min(taken, seconds.get(precision, taken))
        return "bfloat16" if seconds["float32"] > FASTER * seconds["bfloat16"] else "float32"

    @torch.inference_mode()
    def _of(self, inputs: Inputs, index: np.ndarray, precision: str | None = None) -> Tensor:
        is_low = (precision or self.precision) == "bfloat16"
        with torch.autocast("cpu", dtype=torch.bfloat16) if is_low else nullcontext():
            features = self.model.forward_features(inputs.batch(index))
        vectors = features.flatten(1).float()
        return torch.nn.functional.normalize(vectors, dim=1) if self.normalise else vectors


def _work(inputs: Inputs) -> np.ndarray:
    """(N,) tokens of each text; 1 for other examples."""
    part = inputs.parts.get("tokens")
    if not isinstance(part, RaggedPart):
        return np.ones(len(inputs))
    return np.asarray(np.maximum(1, part.offsets[part.rows + 1] - part.offsets[part.rows]), np.float64)


def _batches(work: np.ndarray) -> Iterator[np.ndarray]:
    """Examples of about the same length together, the longest first, so that little is spent on padding."""
    order = np.argsort(-work, kind="stable")
    start = 0
    while start < len(order):
        size = int(np.clip(MOST_POSITIONS // work[order[start]], 1, MOST))
        yield np.sort(order[start : start + size])
        start += size
