"""The comparison from a source to a page. The sealed test is set aside as ``whet improve`` would, and never opened."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import whet.augment
import whet.data.encoders
import whet.evaluation.metrics
import whet.models
import whet.models.estimators
import whet.tasks  # noqa: F401  (these six fill the registries)
from whet.comparing.candidates import candidates
from whet.comparing.folding import choose_folds
from whet.comparing.rounds import limit_seconds, run_rounds
from whet.comparing.tabulating import tabulate
from whet.data.sources import describe_source
from whet.errors import ConfigError, RunError
from whet.files import write_json
from whet.improving.clock import Clock
from whet.improving.folder import RunFolder
from whet.improving.observer import Observer
from whet.improving.options import Options
from whet.improving.prepare import Prepared, prepare
from whet.ledger.records import Ledger
from whet.report.comparison import ComparisonData, write_comparison
from whet.training.fitted import FitSetting
from whet.training.interrupted import Interrupted

__all__ = ["prepared_data", "run_comparison"]

KEEP_SHARE, KEEP_LEAST_S, KEEP_MOST_S = 0.03, 1.5, 10.0  # of the budget, for statistics and the page


def run_comparison(
    source: object,
    options: Options,
    out: Path,
    *,
    families: Sequence[str] | None,
    repeats: int | None,
    observer: Observer,
    should_stop: Callable[[], bool],
    command: str = "",
    began: float | None = None,
) -> ComparisonData:
    """Train every candidate under the same limit, and write OUT/comparison.json and OUT/comparison.html.

    ``began``: reading of ``time.monotonic`` at which the budget began, where that was before this call.
    """
    if repeats is not None and repeats < 1:
        raise ConfigError(f"repeats must be at least 1; got {repeats!r}.")
    if options.budget_s is None:
        raise ConfigError("a comparison needs a budget: pass --budget 5m.")
    clock = Clock(options.budget_s, spent_before=0.0 if began is None else time.monotonic() - began)
    keep_s = min(KEEP_MOST_S, max(KEEP_LEAST_S, KEEP_SHARE * options.budget_s))
    observer.begin(budget_s=options.budget_s, elapsed_s=clock.elapsed(), title="compare")
    try:
        with prepared_data(source, options, out, clock, observer) as (prepared, scratch):
            chosen = candidates(prepared.task, prepared.facts, families)
            observer.say(f"{len(chosen)} candidates: " + ", ".join(f"{c.title} [{c.family}]" for c in chosen))
            arena = choose_folds(chosen, prepared, clock=clock, keep_s=keep_s, seed=options.seed, observer=observer)
            limit_s = limit_seconds(
                clock.left() - keep_s, num_candidates=len(chosen), num_parts=arena.num_parts, repeats=repeats
            )
            setting = FitSetting(
                device=options.device,
                metric=prepared.metric.name,
                scratch=scratch,
                speed_cache=scratch / "speed.json",
                should_stop=should_stop,
            )
            found = run_rounds(
                chosen,
                prepared,
                arena,
                clock=clock,
                keep_s=keep_s,
                limit_s=limit_s,
                repeats=repeats,
                setting=setting,
                seed=options.seed,
                observer=observer,
            )
            observer.doing("statistics and the page")
            data = tabulate(found, prepared, arena, options, clock=clock, limit_s=limit_s, command=command)
        write_json(out / "comparison.json", data.to_dict())
        write_comparison(data, out / "comparison.html")
        return data
    except Interrupted:
        raise Interrupted("stopped; a comparison cannot be continued, and nothing was written.") from None
    finally:
        observer.end()


@contextmanager
def prepared_data(
    source: object, options: Options, out: Path, clock: Clock, observer: Observer
) -> Iterator[tuple[Prepared, Path]]:
    """Data, splits and facts, and a scratch folder inside ``out``; the scratch is removed afterwards."""
    existed = out.exists()
    if existed and (out.is_file() or any(p.name not in ("comparison.json", "comparison.html") for p in out.iterdir())):
        raise RunError(f"{out} exists and holds other things; nothing was written. Choose another --out folder.")
    name = describe_source(source)[:200]
    scratch = RunFolder.create(out / "scratch", source=name, resumable=False, options=options, command="")
    ledger = Ledger(scratch.ledger)
    done = False
    try:
        yield prepare(source, options, scratch, ledger, clock, say=observer.say), scratch.cache
        done = True
    finally:
        ledger.close()
        shutil.rmtree(scratch.path, ignore_errors=True)
        if not done and not existed:  # bad input leaves nothing behind
            shutil.rmtree(out, ignore_errors=True)
