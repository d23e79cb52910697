"""The verbs of this room, as ``whet`` offers them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from whet.budget import parse_budget
from whet.files import free_folder
from whet.improving.observer import Observer
from whet.improving.options import Options
from whet.improving.run import read_first
from whet.report.comparison import ComparisonData

if TYPE_CHECKING:
    from whet.comparing.advise import Advice

__all__ = ["advise", "compare"]


def compare(
    source: object,
    *,
    target: str | None = None,
    test: str | None = None,
    families: Sequence[str] | None = None,
    budget: str | float = "5m",
    out: str | Path | None = None,
    repeats: int | None = None,
    seed: int = 0,
    observer: Observer | None = None,
    should_stop: Callable[[], bool] | None = None,
    command: str = "",
    **settings: Any,
) -> ComparisonData:
    """Train one model of each kind on the same folds with the same seeds, and say which can be told apart.

    Args:
        source: as for ``improve``.
        test: a source of test examples; it is set aside and not opened, so that all of ``source`` is used here.
        families: "cnn", "rnn", "lstm", "gru", "transformer", "mlp", "bag", "linear", "trees", "rocket", "majority";
            None: all that fit the data.
        budget: wall clock for everything; every training has the same limit.
        out: folder for comparison.json and comparison.html; by default ``comparisons/<name of the source>``.
        repeats: with other seeds (and other folds where the data are small); None: as many as fit, at most 5.
        settings: any other field of ``Options``.
    Raises:
        ConfigError: a family is unknown or has no model for such data.
        DataError: the data cannot be used; the message says where and what to do.
    """
    began = time.monotonic()  # importing what follows is a part of the budget
    from whet.data.sources import describe_source

    options = Options(target=target, test=test, budget_s=parse_budget(budget), seed=seed, **settings)
    given = read_first(source, options)
    from whet.comparing.compare import run_comparison

    return run_comparison(
        given,
        options,
        Path(out) if out is not None else free_folder("comparisons", describe_source(source), otherwise="comparison"),
        families=families,
        repeats=repeats,
        observer=observer or Observer(),
        should_stop=should_stop or (lambda: False),
        command=command,
        began=began,
    )


def advise(
    source: object,
    *,
    target: str | None = None,
    seed: int = 0,
    observer: Observer | None = None,
    **settings: Any,
) -> Advice:
    """Say which kinds of model fit these data and what each would cost here, before any network is trained.

    Args:
        source: as for ``improve``.
        settings: any other field of ``Options``.
    Raises:
        DataError: the data cannot be used; the message says where and what to do.
    """
    options = Options(target=target, seed=seed, **settings)
    given = read_first(source, options)
    from whet.comparing.advise import run_advice

    return run_advice(given, options, observer=observer or Observer())
