"""The folder of a backbone, written whole or not at all; ``models.pretrained.own`` reads it back.

backbone.json, encoder.json with encoder.safetensors, weights.safetensors (no head), README.md
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from whet.data.encoders.encoder import Encoder
from whet.errors import RunError
from whet.files import replace_folder, write_bytes, write_json, write_text
from whet.models.architecture import Architecture
from whet.models.pretrained.own import FORMAT, folder_digest
from whet.pretraining.card import card
from whet.pretraining.width import feature_width
from whet.stored_state import write_state

__all__ = ["check_free", "write_backbone"]


def check_free(out: Path) -> None:
    """Refuse a place that holds anything, before hours are spent.

    Raises:
        RunError: ``out`` is a file, or a folder that is not empty.
    """
    if out.is_file():
        raise RunError(f"{out} is a file; choose a folder for --out.")
    if out.is_dir() and any(out.iterdir()):
        what = "already holds a backbone" if (out / "backbone.json").exists() else "is not empty"
        raise RunError(f"{out} {what}; nothing was written. Choose another --out folder, or remove it first.")


def write_backbone(
    out: Path, body: Architecture, encoder: Encoder, *, settings: Mapping[str, Any], about: Mapping[str, Any]
) -> None:
    """``about``: everything in backbone.json that does not follow from the other arguments."""
    spec, weights = encoder.spec, body_weights(body)
    sizes = {
        "num_parameters": sum(p.numel() for p in body.parameters()) - sum(p.numel() for p in body.head.parameters()),
        "dim": feature_width(body, spec),
        "spec": spec.to_dict(),
    }

    def fill(folder: Path) -> None:
        write_state(encoder.state(), folder, "encoder")
        write_bytes(folder / "weights.safetensors", weights)
        written = {"format": FORMAT, **about, "settings": dict(settings), **sizes}
        written["digest"] = folder_digest(folder, settings)
        write_text(folder / "README.md", card(written))
        write_json(folder / "backbone.json", written)

    try:
        replace_folder(out, fill)
    except OSError as fault:
        raise RunError(f"cannot write {out}: {fault.strerror or fault}. Choose another --out folder.") from fault


def body_weights(body: Architecture) -> bytes:
    """The state of the network without its head, as a safetensors file."""
    from safetensors.torch import save

    head = {f"head.{name}" for name in body.head.state_dict()}
    kept = {n: t.detach().cpu().contiguous().clone() for n, t in body.state_dict().items() if n not in head}
    return save(kept)
