"""The tables of planning, search, ensembles and budgets for benchmarks/README.md."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

__all__ = ["TABLES"]


def planner_order_simulated(result: Mapping[str, Any]) -> str:
    """Best gain so far, planned and at random; then how well cheap looks rank."""
    shares = result["shares"]
    lines = [
        f"| data set left out | changes | best | {' | '.join(f'after {s:.0%}' for s in shares)} |",
        f"| --- | --- | --- |{' --- |' * len(shares)}",
    ]
    for row in result["rows"]:
        pairs = " | ".join(f"**{p:.2f}** / {r:.2f}" for p, r in zip(row["planned"], row["random"], strict=True))
        lines.append(f"| {row['name']} | {row['num']} | {row['best']:.2f} | {pairs} |")
    helped = [row for row in result["rows"] if row["best"] > 0]
    mean = {
        way: [float(np.mean([row[way][i] / row["best"] for row in helped])) for i in range(len(shares))]
        for way in ("planned", "random", "by_claims", "without_looks")
    }
    told = " | ".join(f"**{p:.2f}** / {r:.2f}" for p, r in zip(mean["planned"], mean["random"], strict=True))
    over = {way: f"{np.mean(values):.2f}" for way, values in mean.items()}
    lines += [
        f"| mean share of the best, where anything helped | | | {told} |",
        "",
        f"Mean of these shares over the way: planned **{over['planned']}**, at random {over['random']}; with the "
        f"authors' claims in place of the portfolio {over['by_claims']}, without learning from what was tried "
        f"{over['without_looks']}.",
        "",
        "| look | Spearman with full trainings, by the metric | by the loss | data sets |",
        "| --- | --- | --- | --- |",
    ]
    for name, look in result["looks"].items():
        lines.append(f"| {name} | {look['by_metric']:.2f} | {look['by_loss']:.2f} | {look['num']} |")
    return "\n".join(lines)


def planner_order(result: Mapping[str, Any]) -> str:
    """Scores on official test parts, planned and at random; how often planned is at least as good on average."""
    lines = [
        f"| data, {result['budget']} each | metric | planned, by seed | random, by seed | mean planned | mean random |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    ahead, names = 0, list(dict.fromkeys(row["name"] for row in result["rows"]))
    for name in names:
        rows = [row for row in result["rows"] if row["name"] == name and row["score"] is not None]
        metric = rows[0]["run"]["metric"]
        show = (lambda v: f"{v:,.0f}") if metric == "rmse" else (lambda v: f"{v:.4f}")
        each = {order: [r["score"] for r in rows if r["order"] == order] for order in ("planned", "random")}
        means = {order: float(np.mean(scores)) for order, scores in each.items()}
        sign = -1.0 if metric == "rmse" else 1.0
        is_ahead = sign * means["planned"] >= sign * means["random"]
        ahead += is_ahead
        by_seed = " | ".join(", ".join(map(show, each[order])) for order in ("planned", "random"))
        planned = f"**{show(means['planned'])}**" if is_ahead else show(means["planned"])
        lines.append(f"| {name} | {metric} | {by_seed} | {planned} | {show(means['random'])} |")
    return "\n".join([*lines, "", f"Better or equal on average on **{ahead} of {len(names)}** (goal: 5 of 6)."])


def exact_budgets(result: Mapping[str, Any]) -> str:
    """Seconds over the budget, and whether what is left is usable."""
    lines = [
        "| data | budget | seconds | over | score on fresh examples | page |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for row in result["rows"]:
        page = "yes" if row["has_page"] else "no"
        over = f"{row['over_s']:+.1f} s ({row['over_percent']:+.1f} %)"
        lines.append(
            f"| {row['kind']} | {row['budget_s']:.0f} s | {row['seconds']:.1f} | {over} | {row['score']:.3f} | {page} |"
        )
    return "\n".join(lines)


def fidelities(result: Mapping[str, Any]) -> str:
    """Per kind of look: rank correlation with full trainings, mean and single seeds, and cost."""
    lines = [
        "| data | look at a third | Spearman with full trainings | single seeds | pairs | share of the time |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name, rows in result["tasks"].items():
        for row in rows:
            ranks = row["spearman"]
            mean = f"**{np.mean(ranks):.2f}**" if ranks else "too few pairs"
            single = ", ".join(f"{value:.2f}" for value in ranks)
            pairs = ", ".join(map(str, row["num"]))
            lines.append(f"| {name} | {row['kind']} | {mean} | {single} | {pairs} | {row['cost']:.2f} |")
    return "\n".join(lines)


TABLES: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "exact_budgets": exact_budgets,
    "fidelities": fidelities,
    "planner_order": planner_order,
    "planner_order_simulated": planner_order_simulated,
}
