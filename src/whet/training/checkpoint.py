"""A training on disk, so that a kill at any moment costs at most the time since the last save.

One safetensors file whose header carries the rest as JSON: a single rename makes both new at once. No generator state
is kept, because the randomness of a step follows from (seed, step).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from whet.data.dataset import Dataset
from whet.errors import RunError
from whet.files import write_bytes
from whet.recipe import Recipe

__all__ = ["Checkpoint", "identity"]


@dataclass(frozen=True)
class Checkpoint:
    """The file ``training.safetensors`` in ``folder``; ``identity`` says which training it belongs to."""

    folder: Path
    identity: str

    @property
    def path(self) -> Path:
        """Where it lies."""
        return self.folder / "training.safetensors"

    def save(self, tensors: Mapping[str, Tensor], position: Mapping[str, Any]) -> None:
        """Replace what is there; ``position`` must survive JSON."""
        self.folder.mkdir(parents=True, exist_ok=True)
        header = {"identity": self.identity, "position": json.dumps(position)}
        write_bytes(self.path, save({name: t.cpu().contiguous() for name, t in tensors.items()}, metadata=header))

    def load(self) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
        """What was saved, or None when there is nothing of this training."""
        if not self.path.is_file():
            return None
        try:
            with safe_open(self.path, framework="pt") as file:
                header = file.metadata() or {}
                if header.get("identity") != self.identity:
                    return None
                return {name: file.get_tensor(name) for name in file.keys()}, json.loads(header["position"])  # noqa: SIM118
        except (SafetensorError, OSError) as fault:
            raise RunError(f"{self.path} cannot be read: {fault}. Delete it to train from the beginning.") from fault


def identity(recipe: Recipe, train: Dataset, valid: Dataset | None) -> str:
    """Depends on the recipe and on the examples, in their order."""
    digest = hashlib.sha256(recipe.digest().encode())
    for dataset in (train,) if valid is None else (train, valid):
        digest.update(dataset.fingerprint.encode())
        digest.update(dataset.rows.tobytes())
        digest.update(b"" if dataset.taught is None else dataset.taught.tobytes())
    return digest.hexdigest()
