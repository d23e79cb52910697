"""From measurements on many data sets to the portfolio that the planner starts with."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.linear_model import HuberRegressor

import whet.remedies  # noqa: F401  (registers the remedies)
from whet.planning.fidelity import rank_correlation
from whet.planning.portfolio import VERSION
from whet.remedies.remedy import remedies

__all__ = ["portfolio_of"]

ABOUT = ("name", "origin", "modality", "kind", "metric", "num_examples", "epochs", "symptoms")


def portfolio_of(measured: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """JSON-ready; ``measured`` is one mapping per data set, as ``benchmarks/portfolio.py`` stores it."""
    names = {name for one in measured for change in one["changes"] for name in change["looks"]}
    return {
        "version": VERSION,
        "provenance": {
            "built_by": "python -m benchmarks portfolio",
            "date": time.strftime("%Y-%m-%d"),
            "repeats": sorted({len(c["gains"]) for one in measured for c in one["changes"]}),
            "data": [{key: one[key] for key in ABOUT} for one in measured],
        },
        "looks": {name: _look(name, measured) for name in sorted(names)},
        "seen": [_row(one, change) for one in measured for change in one["changes"]],
    }


def _look(name: str, measured: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """One fidelity over all data sets."""
    full = {one["name"]: [float(np.mean(c["gains"])) for c in one["changes"]] for one in measured}
    loss = {one["name"]: [100 * c["loss_looks"][name] for c in one["changes"]] for one in measured}
    points = {one["name"]: [c["looks"][name] for c in one["changes"]] for one in measured}
    slope, noise = _line(np.concatenate(list(loss.values())), np.concatenate(list(full.values())))
    return {
        "by_loss": _correlations(loss, full),
        "by_metric": _correlations(points, full),
        "slope": round(slope, 4),
        "noise": round(noise, 3),
    }


def _correlations(low: Mapping[str, list[float]], full: Mapping[str, list[float]]) -> dict[str, float]:
    found = {name: rank_correlation(low[name], full[name]) for name in full}
    return {name: round(value, 3) for name, value in found.items() if value is not None}


def _line(seen: np.ndarray, full: np.ndarray) -> tuple[float, float]:
    """Slope through the origin and spread around it, both robust: some changes break a short training altogether."""
    huber = HuberRegressor(fit_intercept=False).fit(seen[:, None], full)
    slope = max(0.0, float(huber.coef_[0]))
    left = full - slope * seen
    return slope, float(1.4826 * np.median(np.abs(left - np.median(left))))


def _row(one: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    treats = remedies[change["remedy"]].treats if change["remedy"] in remedies else frozenset()
    return {
        "remedy": change["remedy"],
        "change": change["change"],
        "data": one["name"],
        "modality": one["modality"],
        "found": bool(treats & set(one["symptoms"])),
        "gain": round(float(np.mean(change["gains"])), 3),
        "cost": round(float(change["cost"]), 2),
    }
