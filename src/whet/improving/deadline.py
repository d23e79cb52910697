"""Stop a block of Python when its time is over, wherever it is, so that a budget holds whatever a library does.

A timer asks the interpreter to raise ``OutOfTime`` in the thread that runs the block, between two of its instructions.
One long call into compiled code is finished first; those of the libraries used here take far below a second. Files of
a run are written whole or not at all, so a block may be left at any point.
"""

from __future__ import annotations

import ctypes
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["OutOfTime", "slowness", "time_limit"]

PROBE_S = 0.02  # of a processor's time
AGAIN_S = 0.01  # until the next try, where the interpreter could not pass the exception on


class OutOfTime(BaseException):  # not an Exception: `except Exception` around a trial must not swallow it
    """The block's time is over."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise ``OutOfTime`` in the block once it has run for ``seconds``; infinite: never. Catch it around the ``with``.

    >>> try:
    ...     with time_limit(0.01):
    ...         while True:
    ...             pass
    ... except OutOfTime:
    ...     print("left")
    left
    """
    if seconds == float("inf"):
        yield
        return
    thread, lock, is_due, is_over = threading.get_ident(), threading.Lock(), False, False

    def fire() -> None:
        nonlocal is_due
        with lock:
            if not is_over:
                is_due = True
                _raise_in(thread, OutOfTime)

    def again() -> bool:
        if is_due:
            _after(AGAIN_S, fire)
        return is_due

    timer = _after(seconds, fire)
    try:
        with _swallowed(again):
            yield
    finally:
        with lock:
            is_over = True
            _raise_in(thread, None)  # takes back what was asked for and has not happened yet
        timer.cancel()


def _after(seconds: float, work: Callable[[], None]) -> threading.Timer:
    timer = threading.Timer(max(0.0, seconds), work)
    timer.daemon = True
    timer.start()
    return timer


@contextmanager
def _swallowed(again: Callable[[], bool]) -> Iterator[None]:
    """Call ``again`` where ``OutOfTime`` was raised in a callback of the garbage collector, which passes nothing on.

    The interpreter would print it as "Exception ignored" and let the block run on. False says that it was not this
    block's, but that of a limit around it.
    """
    former = sys.unraisablehook

    def hook(unraisable: sys.UnraisableHookArgs) -> None:
        if unraisable.exc_type is not OutOfTime or not again():
            former(unraisable)

    sys.unraisablehook = hook
    try:
        yield
    finally:
        if sys.unraisablehook is hook:
            sys.unraisablehook = former


def slowness(seconds: float = PROBE_S) -> float:
    """How many seconds pass for one of processor time just now: 1 on an idle machine, more beside other work.

    >>> slowness(0.001) >= 1.0
    True
    """
    begin, used = time.perf_counter(), time.thread_time()
    while time.thread_time() - used < seconds:
        pass
    return max(1.0, (time.perf_counter() - begin) / (time.thread_time() - used))


def _raise_in(thread: int, fault: type[BaseException] | None) -> None:
    asked = None if fault is None else ctypes.py_object(fault)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), asked)
