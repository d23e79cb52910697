"""How long a person waits before anything happens."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

from benchmarks.storing import store

COMMANDS = {
    "import whet": [sys.executable, "-c", "import whet"],
    "whet --help": [
        sys.executable,
        "-c",
        "import sys; sys.argv = ['whet', '--help']; import whet.cli.main as m; m.main()",
    ],
    "python alone": [sys.executable, "-c", "pass"],
}


def main(arguments: list[str]) -> None:
    seconds: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(11):  # interleaved, so that a slow moment hits all of them
        for name, command in COMMANDS.items():
            begin = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            seconds[name].append(time.perf_counter() - begin)
    medians = {name: round(statistics.median(values[1:]), 3) for name, values in seconds.items()}
    for name, value in medians.items():
        print(f"{name:14} {value:.3f} s")
    store("startup", {"median_seconds": medians})
