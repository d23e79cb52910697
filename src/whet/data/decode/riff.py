"""Whether a WAV file is as long as its header says: libsndfile reads what is left of a cut one without a word.

Source: Multimedia Programming Interface and Data Specifications 1.0 (IBM and Microsoft, 1991).
"""

from __future__ import annotations

import os
from typing import Literal

__all__ = ["missing_bytes"]

_MOST_CHUNKS = 1000
_UNKNOWN = 0x7FFF_0000  # sizes from here on are what programs that write to a pipe put in place of one


def missing_bytes(path: str) -> int:
    """How many bytes of the data chunk lie beyond the end of the file; 0 for other formats and for unknown sizes."""
    size = os.path.getsize(path)
    with open(path, "rb") as file:
        kind = file.read(12)
        if kind[:4] not in (b"RIFF", b"RIFX") or kind[8:12] != b"WAVE":
            return 0
        order: Literal["little", "big"] = "little" if kind[:4] == b"RIFF" else "big"
        for _ in range(_MOST_CHUNKS):
            head = file.read(8)
            if len(head) < 8:
                return 0
            length = int.from_bytes(head[4:], order)
            if head[:4] == b"data":
                return max(0, file.tell() + length - size) if length < _UNKNOWN else 0
            file.seek(length + length % 2, os.SEEK_CUR)  # chunks begin at even places
    return 0
