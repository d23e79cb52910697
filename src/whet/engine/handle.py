"""The run's end of one worker process: start it, talk to it, notice that it has died and say of what."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from whet.engine.lines import decode, encode

__all__ = ["Handle"]

ONE_THREAD = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")
BLOCK = 1 << 16
LOG_TAIL_BYTES = 2_000
HANG_UP_S = 2.0  # between closing its pipe and ending


class Handle:
    """One process, started at once; ``log`` receives what it prints."""

    def __init__(self, number: int, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.number, self.scratch, self.log = number, folder / f"worker-{number}", folder / f"worker-{number}.log"
        self.is_ready = False
        self.job: int | None = None  # place of the job that it works on
        self.order = 0  # number of that order: an answer to another one comes too late
        self._rest, self._has_hung_up = b"", False
        places = os.pathsep.join(p or os.getcwd() for p in sys.path)
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "whet.engine.worker", str(os.getpid())],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env={**os.environ, "PYTHONPATH": places, **dict.fromkeys(ONE_THREAD, "1")},
                start_new_session=True,  # a Ctrl-C of the terminal reaches the run alone, which tells its workers
            )

    def say(self, message: dict[str, Any]) -> bool:
        """Send one order; False when the process is gone."""
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(encode(message))
            self.process.stdin.flush()
        except OSError:
            return False
        return True

    def fileno(self) -> int:
        """For ``select``."""
        assert self.process.stdout is not None
        return self.process.stdout.fileno()

    def hear(self) -> list[dict[str, Any]] | None:
        """The answers that have arrived; None when the process is gone. Waits where nothing is there to be read."""
        content = os.read(self.fileno(), BLOCK)
        if not content:
            self._has_hung_up = True
            return None
        *lines, self._rest = (self._rest + content).split(b"\n")
        return [decode(line) for line in lines]

    def end(self) -> None:
        """Wait until it is gone, which is at once: it is killed where it has not ended by itself."""
        if self._has_hung_up:  # it is ending: let it, so that ``death`` can say how
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(HANG_UP_S)
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            with suppress(OSError):  # an order that nobody will read any more
                pipe.close()

    def death(self) -> str:
        """Of what it died, for the ledger. Call it after ``end``."""
        code = self.process.returncode
        if code == -signal.SIGKILL:
            return "the worker process was killed (signal 9), most likely because memory ran out"
        said = self._last_line()
        how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
        return f"the worker process {how}{f': {said}' if said else ''}"

    def _last_line(self) -> str:
        with self.log.open("rb") as stream:
            stream.seek(max(0, self.log.stat().st_size - LOG_TAIL_BYTES))
            lines = stream.read().decode(errors="replace").strip().splitlines()
        return lines[-1].strip() if lines else ""
