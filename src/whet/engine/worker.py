"""A worker process: ``python -m whet.engine.worker PARENT`` trains what its standard input asks for.

It dies with the process that started it, however that ends: the pipe closes, and on Linux the kernel is asked to see to
it as well, before anything heavy is imported. Whatever a library prints goes to standard error, the worker's log.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

__all__ = ["main"]

DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl(2)


def main() -> None:
    """Serve on the pipes that this process was started with."""
    _die_with(int(sys.argv[1]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the run decides when a worker stops
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print must not get between the answers
    from whet.engine.serving import Worker

    Worker(sys.stdin.buffer, answers).serve()


def _die_with(parent: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != parent:  # it went before the kernel was asked
        os._exit(0)


if __name__ == "__main__":
    main()
