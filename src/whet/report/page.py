"""The page of a run as text: the data in words and pictures, laid out by the template."""

from __future__ import annotations

from typing import Any

from whet.report import amounts, wording
from whet.report.cards import cards
from whet.report.data import ReportData
from whet.report.explanations import shown_explanations
from whet.report.gallery import shown_mistakes
from whet.report.grouping import grouped
from whet.report.plots import (
    confusion,
    curves,
    forest,
    front,
    importance,
    predicted,
    reliability,
    residuals,
    roc,
    timeline,
    timings,
    waterfall,
)
from whet.report.rendering import render
from whet.report.scores import score_rows
from whet.report.visible import visible_strings

__all__ = ["page"]

SHOWN = 60  # entries of a long list that are printed; the rest is counted, and is in report.json


def page(data: ReportData) -> str:
    """The whole HTML document."""
    clean: ReportData = visible_strings(data)
    version = clean.environment.get("whet", "")
    return render("report.html", version=version, SHOWN=SHOWN, **_content(clean))


def _content(data: ReportData) -> dict[str, Any]:
    groups = {group.key: group for group in grouped(data.ledger, data.unit)}
    return {
        "data": data,
        "headline": wording.headline(data),
        "sentences": wording.verdict_sentences(data),
        "openings": wording.openings_sentence(data),
        "cards": cards(data),
        "groups": groups,
        "scores": score_rows(data),
        "mistakes": shown_mistakes(data),
        "explanations": shown_explanations(data),
        "speed_rows": _speed_rows(data.speed),
        "front_rows": _front_rows(data),
        "fast_sentence": wording.fast_sentence(data),
        "num_curves_left_out": sum(map(bool, data.curves.values())) - len(curves.drawable(data)),
        "valid_score": lambda member: amounts.score(member.get("valid_score"), data.unit),
        "plots": {
            "forest": forest.draw(data),
            "importance": importance.draw(data),
            "waterfall": waterfall.draw(data),
            "curves": curves.draw(data),
            "confusion": confusion.draw(data),
            "roc": roc.draw(data),
            "reliability": reliability.draw(data),
            "predicted": predicted.draw(data),
            "residuals": residuals.draw(data),
            "timings": timings.draw(data),
            "timeline": timeline.draw(data),
            "front": front.draw(data),
        },
    }


def _front_rows(data: ReportData) -> list[dict[str, str]]:
    """What could have been handed over, the best score first."""
    return [
        {
            "number": str(number),
            "name": str(row["name"]),
            "score": amounts.score(row["score"], data.unit),
            "one": f"{row['latency_ms']['1']:.3g} ms",
            "many": f"{row['latency_ms']['64']:.3g} ms",
            "size": amounts.size(row["size_bytes"]),
            "remark": ", ".join(
                word
                for word, holds in (
                    ("handed over", row["chosen"]),
                    ("over the limit", not row["fits"]),
                    ("on the front", row["on_front"]),
                )
                if holds
            ),
        }
        for number, row in enumerate(front.ordered(data), start=1)
    ]


def _speed_rows(speed: dict[str, Any]) -> list[dict[str, str]]:
    """The measured settings of a training step, and which of them was chosen."""
    settings = ("precision", "channels_last", "num_threads")
    rows = []
    for row in speed.get("table", ()):
        step_s = row.get("step_s")
        rows.append(
            {
                "precision": str(row.get("precision", "")),
                "layout": "channels last" if row.get("channels_last") else "channels first",
                "threads": str(row.get("num_threads", "")),
                "step": f"{1000 * step_s:,.1f} ms" if step_s is not None else str(row.get("error", "not measured")),
                "chosen": "chosen" if all(row.get(s) == speed.get(s) for s in settings) else "",
            }
        )
    return rows
