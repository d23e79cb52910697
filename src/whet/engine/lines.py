"""What a run and its worker processes say to each other: one JSON document per line over the workers' own pipes.

To a worker: ``open`` once, then ``train`` for each job; ``give_up`` ends the job of that number, ``stop`` any that runs
and writes its checkpoint. From a worker: ``ready`` once, then of each job ``progress``, where it is followed ``point``
(of its learning curve; no answer is waited for), and one of ``done``, ``failed``, ``given_up``, ``interrupted``.
"""

from __future__ import annotations

import json
from typing import Any

__all__ = ["decode", "encode"]


def encode(message: dict[str, Any]) -> bytes:
    """One line."""
    return json.dumps(message, separators=(",", ":")).encode() + b"\n"


def decode(line: bytes) -> dict[str, Any]:
    """The reverse."""
    content: dict[str, Any] = json.loads(line)
    return content
