"""The tables of speed, search, ensembles, kills and scaling for benchmarks/README.md."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["TABLES"]

LOOPS = {"cnn": "small convnet, 28 x 28, batch 128", "mlp": "perceptron, batch 128", "text": "text CNN, batch 64"}
PICTURES = {"augmented": "crop and mirror, pictures in memory", "files": "PNG files, decoded in every epoch"}


def loop_speed(result: Mapping[str, Any]) -> str:
    """Milliseconds of processor time per step, and the ratios."""
    lines = [
        "| network | ours | tensors by hand | DataLoader | speed against tensors | against the DataLoader |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name, row in result["rows"].items():
        lines.append(
            f"| {LOOPS[name]} | {row['ours_ms']:.2f} ms | {row['tensors_ms']:.2f} ms | {row['dataloader_ms']:.2f} ms "
            f"| **{row['over_tensors']:.2f}** | **{row['over_dataloader']:.2f}** |"
        )
    return "\n".join(lines)


def loop_speed_pictures(result: Mapping[str, Any]) -> str:
    """Processor and wall time per step beside DataLoaders without and with two processes."""
    lines = [
        "| what happens to a picture | ours | DataLoader, 0 workers | 2 workers | against the best | by wall clock |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name, row in result["rows"].items():
        lines.append(
            f"| {PICTURES[name]} | {row['ours_ms']:.1f} ms | {row['workers_0_ms']:.1f} ms "
            f"| {row['workers_2_ms']:.1f} ms | **{row['over_dataloader']:.2f}** | {row['wall_over_dataloader']:.2f} |"
        )
    return "\n".join(lines)


def seeds_together(result: Mapping[str, Any]) -> str:
    """Three seeds in one loop over one seed."""
    lines = ["| width | batch | one seed | three seeds | ratio | |", "| --- | --- | --- | --- | --- | --- |"]
    for row in result["rows"]:
        remark = "trained apart: the rule refuses it" if row["refused"] else ""
        lines.append(
            f"| {row['width']} | {row['batch_size']} | {row['one_ms']:.2f} ms | {row['three_ms']:.2f} ms "
            f"| **{row['ratio']:.2f}** | {remark} |"
        )
    return "\n".join(lines)


def time_to_accuracy(result: Mapping[str, Any]) -> str:
    """Seconds to each accuracy, and what each length of training reached."""
    lines = ["| data, recipe | seconds to | accuracy after seconds of training |", "| --- | --- | --- |"]
    for name, row in result["rows"].items():
        goals = ", ".join(
            f"{float(goal):.0%}: {'not reached' if seconds is None else f'**{seconds:.0f} s**'}"
            for goal, seconds in row["seconds_to"].items()
        )
        curve = ", ".join(f"{point['accuracy']:.3f} ({point['seconds']:.0f} s)" for point in row["curve"])
        lines.append(f"| {name} | {goals} | {curve} |")
    return "\n".join(lines)


def search_methods(result: Mapping[str, Any]) -> str:
    """Accuracy of the best trial after all trials, by task and method: validation, test."""
    ways = ("grid", "random", "bayesian")
    lines = [f"| task: validation / test | {' | '.join(ways)} |", f"| --- |{' --- |' * len(ways)}"]
    tasks = {name: row for name, row in result.items() if isinstance(row, dict) and "std_at_end" in row}
    for name, row in tasks.items():
        cells = [
            f"{row['valid'][way][-1]:.4f} / {row['test'][way][-1]:.4f} (sd {row['std_at_end'][way]:.4f})"
            for way in ways
        ]
        lines.append(f"| {name.replace('_', ' ')} | {' | '.join(cells)} |")
    told = [
        f"{part} {100 * over['at_end']:+.2f} points at the end, {100 * over['over_curve']:+.2f} over the whole curve"
        for part, over in result["bayesian_minus_random"].items()
    ]
    return "\n".join([*lines, "", f"Bayesian (TPE) minus random, mean of the tasks: **{'; '.join(told)}**."])


def tuning_kills(result: Mapping[str, Any]) -> str:
    """What fifty kills left behind."""
    lines = ["| | |", "| --- | --- |"]
    return "\n".join(lines + [f"| {name.replace('_', ' ')} | {value} |" for name, value in _plain(result).items()])


def ensembles(result: Mapping[str, Any]) -> str:
    """Single, ensemble and fast model on sealed parts, with paired intervals over draws."""
    lines = [
        "| data | metric | best single | ensemble | gain (95 %) | fast model | its gain | kept | times as fast |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in result["rows"]:
        fast = "| none | | | |"
        if "fast" in row:
            is_shown = row["share_kept"] is not None and row["gain"]["low"] > 0
            kept = f"**{row['share_kept']:.0%}**" if is_shown else "no gain shown"
            fast = f"| {_mean(row['fast'])} | {_span(row['fast_gain'])} | {kept} | {row['times_as_fast']:.1f} |"
        lines.append(
            f"| {row['source']} | {row['metric']} | {_mean(row['single'])} | {_mean(row['ensemble'])} "
            f"| **{_span(row['gain'])}** {fast}"
        )
    return "\n".join(lines)


def scaling(result: Mapping[str, Any]) -> str:
    """Processor time per example by size, then the data that do not fit."""
    sizes = [row["num"] for row in next(iter(result["linear"].values()))]
    head = " | ".join(f"{size:,}" for size in sizes)
    lines = [f"| microseconds of a processor per example, of | {head} |", f"| --- |{' --- |' * len(sizes)}"]
    for kind, rows in result["linear"].items():
        each = [f"{1e6 * row['cpu_s'] / row['num']:.0f}" for row in rows]
        lines.append(f"| {kind} | {' | '.join(each)} |")
    bounded = result["bounded"]
    lines += [
        "",
        f"Pictures of {bounded['data_mb']:,.0f} MB under `--memory {bounded['limit_mb']:.0f}MB`: held "
        f"**{bounded['held_mb']:,.0f} MB**, accuracy {bounded['accuracy']:.3f}.",
    ]
    return "\n".join(lines)


def _plain(result: Mapping[str, Any]) -> dict[str, Any]:
    about = ("benchmark", "date", "environment")
    return {name: value for name, value in result.items() if name not in about and not isinstance(value, dict | list)}


def _mean(summary: Mapping[str, float]) -> str:
    return f"{summary['mean']:.4g}"


def _span(paired: Mapping[str, float]) -> str:
    return f"{paired['mean']:+.4g} ({paired['low']:+.4g} to {paired['high']:+.4g})"


TABLES: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "loop_speed": loop_speed,
    "loop_speed_pictures": loop_speed_pictures,
    "seeds_together": seeds_together,
    "time_to_accuracy": time_to_accuracy,
    "search_methods": search_methods,
    "tuning_kills": tuning_kills,
    "ensembles": ensembles,
    "scaling": scaling,
}
