"""What backbone.json says about a pretraining, in figures and in sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from whet.data.dataset import Dataset
from whet.data.sources import describe_source
from whet.pretraining.card import sentence
from whet.pretraining.training import Learnt

__all__ = ["data_of", "figures_of", "sentences", "title"]

WORDS = {"masked": "masked modelling", "contrastive": "contrastive learning", "supervised": "labels"}


def sentences(learnt: Learnt) -> list[str]:
    """One line a task, and one more for each at which the body did not get better."""
    lines, failed = [], []
    for name, task in learnt.network.tasks.items():
        before, after = learnt.before[name], learnt.after[name]
        lines.append(sentence(task.what, {"before": before.to_dict(), "after": after.to_dict()}))
        if not after.is_above(before):
            failed.append(
                f"nothing was learnt that shows in: {task.what}. Give it more time or more examples, or take another "
                "objective; starting a run from this backbone is not expected to help."
            )
    return lines + failed


def figures_of(learnt: Learnt) -> dict[str, Any]:
    """By task, what was measured before and after; ``is_learnt``: better by more than two standard errors."""
    figures = {
        name: {
            "before": learnt.before[name].to_dict(),
            "after": learnt.after[name].to_dict(),
            "is_learnt": learnt.after[name].is_above(learnt.before[name]),
        }
        for name in learnt.network.tasks
    }
    return {
        "figures": figures,
        "lines": sentences(learnt),
        "steps": learnt.steps,
        "epochs": round(learnt.epochs, 3),
        "losses": [round(loss, 6) for loss in learnt.losses],
        "speed": dict(learnt.speed),
    }


def data_of(sources: Sequence[object], parts: Sequence[Dataset], *, num_held_out: int) -> dict[str, Any]:
    """Where the examples came from; nothing of what they hold."""
    return {
        "origins": [{"origin": describe_source(s), "num_examples": len(p)} for s, p in zip(sources, parts)],
        "num_examples": sum(map(len, parts)),
        "num_held_out": num_held_out,
        "fingerprints": [p.fingerprint for p in parts],
        "left_out": [f"{p.where}: {p.what}" for part in parts for p in part.problems if not p.kept],
    }


def title(architecture: str, objectives: Sequence[str], sources: Sequence[object], count: int) -> str:
    """For people."""
    how = " and ".join(WORDS.get(name, name) for name in objectives)
    names = ", ".join(describe_source(source) for source in sources)
    return f"{architecture} pretrained by {how} on {names} ({count:,} examples)"
