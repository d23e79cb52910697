"""A fitted thing on disk: NAME.json and NAME.safetensors, and what several share once, as shared-DIGEST of the same."""

from __future__ import annotations

import json
from pathlib import Path

from whet.files import write_arrays, write_json
from whet.state import State

__all__ = ["read_state", "write_state"]

SHARED = "shared"  # key in the JSON of a state that has shared parts


def write_state(state: State, folder: Path, name: str, *, shared: Path | None = None) -> None:
    """Write ``state`` into ``folder``; its shared parts go to ``shared`` (default: beside it) unless they are there."""
    place = shared or folder
    for digest, part in state.shared.items():
        if not (place / f"shared-{digest}.json").is_file():
            place.mkdir(parents=True, exist_ok=True)
            write_arrays(place / f"shared-{digest}.safetensors", part.arrays)
            write_json(place / f"shared-{digest}.json", dict(part.config))
    config = {**state.config, SHARED: sorted(state.shared)} if state.shared else dict(state.config)
    write_arrays(folder / f"{name}.safetensors", state.arrays)
    write_json(folder / f"{name}.json", config)


def read_state(folder: Path, name: str, *, shared: Path | None = None) -> State:
    """The reverse of ``write_state``."""
    from safetensors.numpy import load_file

    config = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    place = shared or folder
    parts = {digest: read_state(place, f"shared-{digest}") for digest in config.pop(SHARED, [])}
    return State(config, load_file(folder / f"{name}.safetensors"), parts)
