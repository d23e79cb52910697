"""What a fitted thing leaves behind: JSON plus named arrays. Never code, never a pickle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

__all__ = ["State"]


@dataclass(frozen=True)
class State:
    """``config`` survives ``json.dumps``; ``arrays`` go into a safetensors file.

    ``shared`` holds by digest what several states have in common, such as a frozen body: it is stored once beside them.
    """

    config: Mapping[str, Any]
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)
    shared: Mapping[str, State] = field(default_factory=dict)

    def under(self, prefix: str) -> dict[str, np.ndarray]:
        """The arrays with ``prefix`` in front of each name, for packing several states into one file."""
        return {f"{prefix}{name}": array for name, array in self.arrays.items()}

    def part(self, prefix: str, config: Mapping[str, Any]) -> State:
        """The reverse of ``under``: the arrays whose name starts with ``prefix``, without it."""
        return State(config, {n.removeprefix(prefix): a for n, a in self.arrays.items() if n.startswith(prefix)})
