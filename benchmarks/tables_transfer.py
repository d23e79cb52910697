"""Tables of architectures and transfer learning, from the stored results; what was not measured is not written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["TABLES"]


def few_shot_text(result: Mapping[str, Any]) -> str:
    """Every way, the best from scratch marked."""
    row = result["row"]
    lines = [
        f"TREC, {row['each']} labels a class, mean of {row['draws']} draws on the official test part (n = 500).",
        "",
        "| way | accuracy | minus the best from scratch (chosen with hindsight) |",
        "| --- | --- | --- |",
    ]
    for name, score in row["scores"].items():
        behind = row["differences"].get(name)
        mark = "best from scratch" if name == row["best_from_scratch"] else "" if behind is None else gain(behind)
        lines.append(f"| {name.replace('_', ' ')} | {score['mean']:.3f} | {mark} |")
    return "\n".join(lines)


def transfer_pictures(result: Mapping[str, Any]) -> str:
    """One block per objective of the pretraining."""
    blocks = []
    for row in result["rows"].values():
        about = row["pretrained"]
        lines = [
            f"CIFAR-10: a body pretrained by {row['objective']} on 8 classes ({about['seconds']:.0f} s, "
            f"{about['epochs']:.1f} epochs), then {row['num_train'] // 2} pictures each of ship and truck; "
            f"{row['differences']['fine-tuned']['draws']} draws, {row['num_test']:,} test pictures.",
            "",
            "| way | accuracy | minus the best from scratch (chosen with hindsight) |",
            "| --- | --- | --- |",
        ]
        for name, score in row["scores"].items():
            behind = row["differences"].get(name)
            mark = "best from scratch" if name == row["best_from_scratch"] else "" if behind is None else gain(behind)
            lines.append(f"| {name} | {score['mean']:.3f} | {mark} |")
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def masked_pretraining(result: Mapping[str, Any]) -> str:
    """Per set: from scratch, from the body, and a linear model."""
    about = result["pretrained"]
    lines = [
        f"A text transformer of {about['num_parameters']:,} parameters, masked modelling on texts of SST-2 and TREC "
        f"without labels ({about['seconds']:.0f} s, {about['epochs']:.1f} epochs), then {result['labels']} labels:",
        "",
        "| data | from scratch | from the body | gain | linear on n-grams |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name, row in result["rows"].items():
        scores = {way: f"{score['mean']:.3f}" for way, score in row["scores"].items()}
        lines.append(
            f"| {name} | {scores['scratch']} | {scores['pretrained']} | {gain(row['pretrained_minus_scratch'])} "
            f"| {scores['linear on n-grams']} |"
        )
    return "\n".join([*lines, "", *(f"> {line}" for line in about["lines"])])


def adding_problem(result: Mapping[str, Any]) -> str:
    """Median error, seeds solved and steps by cell and length."""
    names = {"rnn": "simple RNN", "lstm": "LSTM", "gru": "GRU"}
    found = {(row["cell"], row["length"]): row for row in result["summary"]}
    lengths = sorted({length for _, length in found})
    lines = [f"| length | {' | '.join(names.values())} |", "| --- | --- | --- | --- |"]
    for length in lengths:
        cells = [found[cell, length] for cell in names]
        shown = [f"{c['median_mse']:.4f}, {c['solved']} of {c['seeds']}, {c['median_steps']:,} steps" for c in cells]
        lines.append(f"| {length} | {' | '.join(shown)} |")
    return "\n".join(lines)


def attention_speed(result: Mapping[str, Any]) -> str:
    """Ratios by shape."""
    lines = ["| width | length | forward | training |", "| --- | --- | --- | --- |"]
    for row in result["shapes"]:
        forward, training = row["forward"]["ratio"], row["training"]["ratio"]
        lines.append(f"| {row['width']} | {row['length']} | {forward:.2f} | {training:.2f} |")
    return "\n".join(lines)


def gain(difference: Mapping[str, Any]) -> str:
    """In points, with its interval."""
    if difference["low"] is None:
        return f"{100 * difference['mean']:+.1f}"
    return f"{100 * difference['mean']:+.1f} ({100 * difference['low']:+.1f} to {100 * difference['high']:+.1f})"


TABLES: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "few_shot_text": few_shot_text,
    "transfer_pictures": transfer_pictures,
    "masked_pretraining": masked_pretraining,
    "adding_problem": adding_problem,
    "attention_speed": attention_speed,
}
