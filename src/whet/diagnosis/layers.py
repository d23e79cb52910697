"""The layers of a watched training in one table, and its losses as pictures."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np

from whet.finding import Finding, Line, Plot
from whet.report.diagnosis_page import Layer
from whet.watching.trace import LayerSeen, ParameterSeen, Step, Trace

__all__ = ["curves_of", "layers_of"]

MOST_LAYERS = 400  # rows of the table
MOST_POINTS = 1000  # of a curve


def layers_of(trace: Trace, findings: Iterable[Finding] = ()) -> tuple[Layer, ...]:
    """One row per leaf module, in order of first use; medians over the steps looked at."""
    steps = trace.looked_at
    outputs: dict[str, list[LayerSeen]] = {}
    weights: dict[str, dict[str, list[ParameterSeen]]] = {}
    for step in steps:
        for name, layer in step.layers.items():
            outputs.setdefault(name, []).append(layer)
        for name, parameter in step.parameters.items():
            module, _, own = name.rpartition(".")
            weights.setdefault(module, {}).setdefault(own, []).append(parameter)
    named = _names_in(findings)
    names = list(dict.fromkeys([*outputs, *weights]))[:MOST_LAYERS]
    return tuple(_row(name, outputs.get(name, []), weights.get(name, {}), name in named) for name in names)


def curves_of(trace: Trace) -> tuple[Plot, ...]:
    """The loss by step, and the norm of the gradient and the learning rate where they were seen."""
    plots = []
    for title, y, values in (
        ("Loss", "loss of the batch", [s.loss for s in trace.steps]),
        ("Gradient", "norm over all parameters", [s.gradient for s in trace.steps]),
        ("Learning rate", "of the first group", [s.rates[0] if s.rates else None for s in trace.steps]),
    ):
        line = _line(trace.steps, values)
        if line is not None:
            spread = _spread(line.y)
            if title != "Learning rate" or spread > 1.001:
                plots.append(Plot(title=title, x="step", y=y, lines=(line,), log_y=spread > 100))
    return tuple(plots)


def _row(name: str, seen: Sequence[LayerSeen], parameters: dict[str, list[ParameterSeen]], is_named: bool) -> Layer:
    own = parameters.get("weight") or next(iter(parameters.values()), [])  # biases often begin at 0: no ratio
    return Layer(
        name=name or "(the model itself)",
        kind=seen[-1].kind if seen else "",
        size=sum(p[-1].size for p in parameters.values()) if parameters else None,
        std=_median([s.std for s in seen]),
        silent=_median([s.silent for s in seen]),
        flat=_median([s.flat for s in seen]) if any(s.flat for s in seen) else None,
        gradient=_median([p.gradient / p.weight for p in own if p.gradient is not None and p.weight > 0]),
        update=_median([p.update / p.weight for p in own if p.weight > 0]),
        is_named=is_named,
    )


def _names_in(findings: Iterable[Finding]) -> set[str]:
    """What stands between quotes where findings say where: layers, and the modules of parameters."""
    quoted = {name for f in findings for name in re.findall(r"'([^']+)'", f.where)}
    return quoted | {name.rpartition(".")[0] for name in quoted if name.endswith((".weight", ".bias"))}


def _median(values: Sequence[float]) -> float | None:
    held = [v for v in values if np.isfinite(v)]
    return float(np.median(held)) if held else None


def _line(steps: Sequence[Step], values: Sequence[float | None]) -> Line | None:
    held = [(step.index, value) for step, value in zip(steps, values, strict=True) if value is not None]
    if len(held) < 2:
        return None
    kept = np.unique(np.linspace(0, len(held) - 1, min(len(held), MOST_POINTS)).round().astype(np.int64))
    return Line(name="", x=tuple(float(held[i][0]) for i in kept), y=tuple(float(held[i][1]) for i in kept))


def _spread(values: Sequence[float]) -> float:
    """The largest over the smallest of the positive values; 1 where there is one value only."""
    held = [v for v in values if np.isfinite(v) and v > 0]
    return max(held) / min(held) if held else 1.0
