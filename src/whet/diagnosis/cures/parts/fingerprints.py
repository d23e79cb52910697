"""Examples as short digests of their values, so that the same ones are recognised wherever they stand."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from typing import Any

import torch

from whet.diagnosis.cures.parts.regrouping import num_examples, pick
from whet.diagnosis.probes.tensors import tensors_in

__all__ = ["fingerprints", "is_among"]


def fingerprints(batch: Any) -> list[bytes]:
    """One for each example of a batch, from all of its tensors. Empty where it cannot be taken apart."""
    return [_digest(pick(batch, torch.tensor([i]))) for i in range(num_examples(batch) or 0)]


def is_among(batch: Any, known: Collection[bytes]) -> list[bool]:
    """For each example of a batch whether its fingerprint is known."""
    return [found in known for found in fingerprints(batch)]


def _digest(example: Any) -> bytes:
    digest = hashlib.blake2b(digest_size=16)
    for tensor in tensors_in(example):
        digest.update(str(tuple(tensor.shape)).encode())
        digest.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes())
    return digest.digest()
