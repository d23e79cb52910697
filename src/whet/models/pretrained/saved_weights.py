"""Weights in safetensors files: required, counted without loading them, and compared with the sha256 they must have."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from whet.errors import BackboneError
from whet.models.pretrained.digests import file_digest

__all__ = ["count_parameters", "require_safetensors", "weight_files"]

CODE_RUNNING = (".bin", ".pt", ".pth", ".ckpt", ".h5", ".msgpack")


def weight_files(folder: Path) -> list[Path]:
    """model.safetensors, or the parts that model.safetensors.index.json lists."""
    whole = folder / "model.safetensors"
    return [whole] if whole.is_file() else sorted(folder.glob("model-*-of-*.safetensors"))


def require_safetensors(folder: Path, *, source: str, expected: Mapping[str, str]) -> None:
    """A BackboneError where there are none, or where a file does not have the ``expected`` sha256."""
    if not weight_files(folder):
        others = sorted(p.name for p in folder.iterdir() if p.suffix in CODE_RUNNING)
        found = f"only {', '.join(others)}, whose loading can run code" if others else "no weights at all"
        raise BackboneError(
            f"{source} has no model.safetensors: there is {found}. Choose a revision with safetensors, or convert it "
            "where you trust it: AutoModel.from_pretrained(...).save_pretrained(FOLDER)."
        )
    altered = [name for name, digest in expected.items() if file_digest(folder / name) != digest]
    if altered:
        raise BackboneError(
            f"{source}: {', '.join(altered)} does not have the sha256 it must have, so it is not the model it claims "
            "to be. Install it again."
        )


def count_parameters(folder: Path) -> int:
    """Numbers in the weights, read from the files' headers."""
    from safetensors import safe_open

    total = 0
    for path in weight_files(folder):
        with safe_open(path, framework="np") as stream:
            for name in stream.keys():  # noqa: SIM118  not a mapping
                size = 1
                for axis in stream.get_slice(name).get_shape():
                    size *= axis
                total += size
    return total
