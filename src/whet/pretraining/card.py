"""README.md of a backbone: what it is, what it has learnt, how to use it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["card", "sentence"]


def sentence(what: str, figures: Mapping[str, Mapping[str, float]]) -> str:
    """One line per pretext task, for people.

    >>> figures = {"score": 0.25, "constant": 0.1, "standard_error": 0.01, "loss": 3.0}
    >>> sentence("hidden words found", {"before": {**figures, "score": 0.0, "loss": 4.0}, "after": figures})
    'hidden words found: 25.0 % +- 2.0 (before 0.0 %, always the same answer 10.0 %), loss 3.00 (4.00)'
    """
    before, after = figures["before"], figures["after"]
    return (
        f"{what}: {100 * after['score']:.1f} % +- {200 * after['standard_error']:.1f} "
        f"(before {100 * before['score']:.1f} %, always the same answer {100 * after['constant']:.1f} %), "
        f"loss {after['loss']:.2f} ({before['loss']:.2f})"
    )


def card(about: Mapping[str, Any]) -> str:
    """Markdown; ``about`` is the content of backbone.json."""
    figures = "\n".join(f"- {line}" for line in about["lines"])
    origins = "\n".join(f"- {o['origin']}: {o['num_examples']:,} examples" for o in about["data"]["origins"])
    return f"""# {about["title"]}

A pretrained body for {about["modality"]} examples: {about["num_parameters"]:,} parameters, features of length
{about["dim"]}, licence: {about["licence"]}. Start a run from it:

    whet improve DATA --backbone PATH_OF_THIS_FOLDER

## What it has learnt

Objective: {about["objective"]}. On {about["data"]["num_held_out"]:,} examples that it was not trained on, plus or minus
two standard errors:

{figures}

## From what

{origins}

{about["seconds"]:.0f} s, {about["epochs"]:.1f} epochs, seed {about["seed"]}. The preprocessing lies in encoder.json and
encoder.safetensors and is part of the backbone. backbone.json holds a digest over all of it; altered files are refused.
"""
