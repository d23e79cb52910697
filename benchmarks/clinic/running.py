"""Runs scripts in processes of their own, one thread each, so many at a time."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection, wait
from typing import Any

from benchmarks.clinic.working import work

LIMIT_S = 240.0  # after which a process is ended


def run(
    task: str,
    names: Sequence[str],
    options: dict[str, Any],
    *,
    workers: int = 2,
    tell: Callable[[dict[str, Any]], None] = lambda row: None,
) -> list[dict[str, Any]]:
    """A row for every name, in their order."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["benchmarks.clinic.working"])  # torch is imported once
    waiting, rows = list(names), {}
    running: dict[Connection, tuple[Any, str, float]] = {}
    while waiting or running:
        while waiting and len(running) < workers:
            name = waiting.pop(0)
            ours, theirs = context.Pipe(duplex=False)
            process = context.Process(target=_child, args=(theirs, task, name, options), daemon=False)
            process.start()
            theirs.close()
            running[ours] = (process, name, time.monotonic())
        ready = wait(list(running), timeout=1.0)
        for connection, (process, name, start) in list(running.items()):
            if connection in ready:
                try:
                    row = connection.recv()
                except EOFError:
                    row = {"name": name, "error": "the process ended without a word"}
            elif time.monotonic() - start > LIMIT_S:
                process.kill()
                row = {"name": name, "error": f"ended after {LIMIT_S:.0f} s"}
            else:
                continue
            process.join(10)
            connection.close()
            del running[connection]
            rows[name] = row
            tell(row)
    return [rows[name] for name in names]


def _child(connection: Connection, task: str, name: str, options: dict[str, Any]) -> None:
    connection.send(work(task, name, options))
    connection.close()
