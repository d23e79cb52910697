"""The plots of a tuning: history, learning curves, importance, parallel coordinates, slices."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from markupsafe import Markup

from whet.report.plots.canvas import BLUE, GREEN, GREY, INK, RED, dress, figure, image, plain_numbers, shown_label
from whet.report.tuning import TunedField, TunedTrial, TuningData

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["PLOTS"]

MOST_CURVES = 60
MANY = 12  # scores from which the worst tenth may lie outside a plot
ACROSS = 4  # slices side by side


def history(data: TuningData) -> Markup:
    """Score over trials, the best so far and the start."""
    if not data.trials:
        return Markup("")
    drawn = figure(1060, 320)
    axes = drawn.subplots()
    full = _full(data)
    short = [t for t in data.trials if t.score is not None and t.fidelity < 1.0]
    given_up = [t for t in data.trials if t.state == "pruned" and t.curve]
    axes.plot([t.number for t in full], _scores(full), "o", color=BLUE, markersize=5, alpha=0.8)
    axes.plot([t.number for t in short], _scores(short), "o", mfc="none", color=GREY, markersize=5)
    axes.plot([t.number for t in given_up], [t.curve[-1][1] for t in given_up], "x", color=GREY, markersize=5)
    axes.axhline(data.start_score, color=INK, linewidth=1, linestyle="--", alpha=0.6)
    if full:
        best = np.maximum if data.higher_is_better else np.minimum
        so_far = best.accumulate(_scores(full))
        axes.step([t.number for t in full], so_far, where="post", color=GREEN, linewidth=2)
    _focus(axes, [*_scores(full), *(_scores(short) if len(full) < MANY else []), data.start_score], data)
    dress(axes, x="trial", y=data.metric_title)
    best_score = data.start_score if data.best_score is None else data.best_score
    alt = f"{data.metric_title} of {len(data.trials)} trials; start {data.start_score:.4g}, best {best_score:.4g}"
    return image(drawn, alt)


def curves(data: TuningData) -> Markup:
    """Learning curves, the winner's on top."""
    shown = [t for t in data.trials if len(t.curve) > 1][-MOST_CURVES:]
    if not shown:
        return Markup("")
    drawn = figure(1060, 300)
    axes = drawn.subplots()
    for trial in shown:
        is_best = trial.number == data.best_trial
        colour = GREEN if is_best else RED if trial.state == "pruned" else GREY
        percent, scores = zip(*trial.curve, strict=True)
        along = [p * trial.fidelity for p in percent] if data.fidelity == "length" else percent
        axes.plot(along, scores, color=colour, linewidth=2.4 if is_best else 1, alpha=1.0 if is_best else 0.5,
                  zorder=3 if is_best else 2)  # fmt: skip
    late = [point[1] for t in shown for point in t.curve[len(t.curve) // 2 :]]
    winning = [point[1] for t in shown if t.number == data.best_trial for point in t.curve]
    _focus(axes, late + winning, data)
    of_what = "a full training" if data.fidelity == "length" else "its own training"
    dress(axes, x=f"percent of {of_what}", y=f"{data.metric_title} on a validation sample")
    return image(drawn, f"Learning curves of {len(shown)} trials; green: the winner, red: given up on the way")


def importance(data: TuningData) -> Markup:
    """One bar per field."""
    rated = sorted((f for f in data.fields if f.importance is not None), key=lambda f: -(f.importance or 0.0))
    if not rated:
        return Markup("")
    drawn = figure(1060, 60 + 24 * len(rated))
    axes = drawn.subplots()
    axes.barh(range(len(rated)), [100 * (f.importance or 0.0) for f in rated], color=BLUE, height=0.6)
    axes.set_yticks(range(len(rated)), [shown_label(f.name, longest=40) for f in rated])
    axes.set_ylim(len(rated) - 0.5, -0.5)
    dress(axes, x="percent of the variance of scores", grid="x")
    axes.tick_params(axis="y", labelsize=9, length=0)
    words = ", ".join(f"{f.name} {100 * (f.importance or 0.0):.0f} %" for f in rated)
    return image(drawn, f"Importance of the searched fields: {words}")


def parallel(data: TuningData) -> Markup:
    """Every full trial as a line across its values, coloured by rank."""
    full = sorted(_full(data), key=lambda t: (t.score or 0.0) * (1 if data.higher_is_better else -1))
    if len(full) < 2 or len(data.fields) < 2:
        return Markup("")
    from matplotlib import colormaps

    drawn = figure(1060, 380)
    axes = drawn.subplots()
    shades = colormaps["viridis"]
    for rank, trial in enumerate(full):
        heights = [_height(f, trial.values[f.name]) if f.name in trial.values else math.nan for f in data.fields]
        is_best = rank == len(full) - 1
        colour = GREEN if is_best else shades(rank / max(1, len(full) - 1) * 0.9)
        axes.plot(range(len(heights)), heights, marker="o", markersize=3, color=colour, zorder=2 + rank,
                  linewidth=2.6 if is_best else 1.0, alpha=1.0 if is_best else 0.6)  # fmt: skip
    axes.set_xticks(range(len(data.fields)), [shown_label(_brief(f.name), longest=18) for f in data.fields],
                    rotation=25, ha="right")  # fmt: skip
    for place, each in enumerate(data.fields):
        for height, text in ((0.0, _end(each, 0)), (1.0, _end(each, -1))):
            axes.annotate(shown_label(text, longest=14), (place, height), xytext=(0, 9 if height else -9),
                          textcoords="offset points", ha="center", va="center", fontsize=7.5, color=INK)  # fmt: skip
    axes.set_yticks([])
    axes.set_ylim(-0.12, 1.12)
    dress(axes, grid="x")
    return image(drawn, f"Parallel coordinates of {len(full)} full trainings; light and green lines scored best")


def slices(data: TuningData) -> Markup:
    """Score over each field alone."""
    full = _full(data)
    if len(full) < 2:
        return Markup("")
    rows = -(-len(data.fields) // ACROSS)
    drawn = figure(1060, 40 + 190 * rows)
    grid = drawn.subplots(rows, ACROSS, squeeze=False, sharey=True)
    for place, axes in enumerate(grid.flat):
        if place >= len(data.fields):
            axes.set_visible(False)
            continue
        _slice(axes, data.fields[place], full, data)
    for row in grid:
        row[0].set_ylabel(shown_label(data.metric_title, longest=24), fontsize=8.5)
    return image(drawn, f"{data.metric_title} of each full training against each of {len(data.fields)} fields")


def _slice(axes: Axes, each: TunedField, full: list[TunedTrial], data: TuningData) -> None:
    shown = [t for t in full if each.name in t.values]
    if each.kind == "choice":
        labels = list(each.values)
        places = [labels.index(str(t.values[each.name])) for t in shown]
        axes.set_xticks(range(len(labels)), [shown_label(v, longest=10) for v in labels])
        axes.set_xlim(-0.5, len(labels) - 0.5)
    else:
        places = [t.values[each.name] for t in shown]
        if each.log:
            _decades(axes)
    axes.plot(places, _scores(shown), "o", color=BLUE, markersize=4, alpha=0.75)
    winner = [(p, t.score or 0.0) for p, t in zip(places, shown, strict=True) if t.number == data.best_trial]
    for x, y in winner:
        axes.plot([x], [y], "o", color=GREEN, markersize=8, zorder=3)
    _focus(axes, _scores(full), data)
    dress(axes, title=_brief(each.name))
    axes.tick_params(labelsize=7.5)
    if not each.log and each.kind != "choice":
        plain_numbers(axes.xaxis)


def _decades(axes: Axes) -> None:
    """A logarithmic axis with numbers as people write them."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 3.0), numticks=5))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.3g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())


def _brief(name: str) -> str:
    """The last part of a field's name, where that says enough."""
    last = name.rpartition(".")[2]
    return name if last in ("name", "patience") else last


def _focus(axes: Axes, scores: list[float], data: TuningData) -> None:
    """Of many scores without the worst few, which would press the others together."""
    if len(scores) < 2:
        return
    best = max(scores) if data.higher_is_better else min(scores)
    cut = 0.1 if len(scores) >= MANY else 0.0
    bad = float(np.quantile(scores, cut if data.higher_is_better else 1.0 - cut))
    room = 0.06 * abs(best - bad) or 0.01 * max(abs(best), 1e-6)
    low, high = min(best, bad) - room, max(best, bad) + room
    axes.set_ylim((low, high) if data.higher_is_better else (high, low))


def _full(data: TuningData) -> list[TunedTrial]:
    return [t for t in data.trials if t.score is not None and t.fidelity == 1.0 and not t.is_duplicate]


def _scores(trials: Sequence[TunedTrial]) -> list[float]:
    return [t.score for t in trials if t.score is not None]


def _height(each: TunedField, value: Any) -> float:
    """Where a value stands between the ends of its field, in [0, 1]."""
    if each.kind == "choice":
        return each.values.index(str(value)) / max(1, len(each.values) - 1)
    assert each.low is not None
    assert each.high is not None
    low, high, at = each.low, each.high, float(value)
    if each.log:
        low, high, at = math.log(low), math.log(high), math.log(at)
    return (at - low) / (high - low)


def _end(each: TunedField, end: int) -> str:
    if each.kind == "choice":
        return each.values[end]
    return f"{each.low if end == 0 else each.high:.3g}"


PLOTS: dict[str, Callable[[TuningData], Markup]] = {
    "history": history,
    "curves": curves,
    "importance": importance,
    "parallel": parallel,
    "slices": slices,
}
