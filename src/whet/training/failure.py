"""What went wrong in a training, in the words that the ledger records."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from whet.errors import TrainingFailedError, WhetError
from whet.training.out_of_memory import is_out_of_memory

__all__ = ["naming_failures"]


@contextmanager
def naming_failures(architecture: str) -> Iterator[None]:
    """Turn whatever a model or a library raises in the block into a ``TrainingFailedError`` with its cause.

    Whet's own errors pass: they say already what to do.
    """
    try:
        yield
    except WhetError:
        raise
    except Exception as fault:
        if is_out_of_memory(fault):
            cause = f"out of memory: {_first_line(fault)}"
            advice = "Use a smaller batch_size or a smaller model."
        else:
            cause = f"crashed: {type(fault).__name__}: {_first_line(fault)}"
            advice = "The traceback above shows where."
        raise TrainingFailedError(f"training {architecture!r} failed: {cause}. {advice}", cause=cause) from fault


def _first_line(fault: Exception) -> str:
    return (str(fault).splitlines() or [""])[0]
