"""Says that a small region of the pictures gives the label away: in training only, or in both parts."""

from __future__ import annotations

from whet.diagnosis.probes.picture_regions import PictureRegions, Reliance, Telling
from whet.finding import Finding, Line, Plot

__all__ = ["in_both_parts", "in_training_only"]

SOURCE = "Geirhos et al., Shortcut Learning in Deep Neural Networks, 2020, arXiv 2004.07780"
TITLE = "a shortcut in the pictures"


def in_both_parts(seen: PictureRegions, told: Telling, use: Reliance, rest: float, threshold: float) -> Finding:
    """The score is honest as far as it goes: moderate, for the region may be what the task is about."""
    name = told.region.name
    return Finding(
        symptom="shortcut",
        title=TITLE,
        severity=0.5,
        confidence=0.7,
        statement=f"A forest that sees {name} alone has a skill of {told.valid:.2f} on {len(seen.valid.truth):,} "
        f"validation pictures (1 is perfect), on all the rest of them {rest:.2f}. Without that region "
        f"{_percent(use.lost)} of the model's skill is gone; with it alone {_percent(use.kept)} is left.",
        evidence={**_evidence(told, use, threshold), "value": told.valid, "rest": rest},
        total=len(seen.valid.truth),
        where=name,
        advice="Ask whether that part is there, and means the same, when the model is used; if not, cut it away, cover "
        "it, or vary it at random while training.",
        source=SOURCE,
        plot=_plot(seen),
    )


def in_training_only(
    seen: PictureRegions, told: Telling, use: Reliance, skills: tuple[float, float], threshold: float
) -> Finding:
    """A mark that validation pictures lack: what was learnt of it is of no use to them.

    Args:
        skills: of the model, on training and on validation pictures.
    """
    learnt, known = skills
    name = told.region.name
    return Finding(
        symptom="shortcut",
        title=TITLE,
        severity=0.9,
        confidence=0.9,
        statement=f"A forest that sees {name} alone has a skill of {told.train:.2f} on training pictures and "
        f"{told.valid:.2f} on validation pictures (1 is perfect). The model heeds that region: without it "
        f"{_percent(use.lost)} of its skill on training pictures is gone. It has {learnt:.2f} there and {known:.2f} on "
        "validation pictures.",
        evidence={
            **_evidence(told, use, threshold),
            "value": told.train - told.valid,
            "train_skill": learnt,
            "valid_skill": known,
        },
        total=len(seen.train.truth),
        where=name,
        cures=("cover_region",),
        advice=f"Look at {name} of training pictures, class by class: a mark, a border or a watermark tells the label "
        "there and not in validation. Cut it away or cover it in both parts, and train again.",
        source=SOURCE,
        plot=_plot(seen),
    )


def _evidence(told: Telling, use: Reliance, threshold: float) -> dict[str, object]:
    return {
        "rule": "D32",
        "threshold": threshold,
        "told_in_training": told.train,
        "told_in_validation": told.valid,
        "lost_without": use.lost,
        "lost_low": use.lost_low,
        "kept_alone": use.kept,
    }


def _percent(share: float) -> str:
    return f"{100 * min(1.0, max(0.0, share)):.0f} %"


def _plot(seen: PictureRegions) -> Plot:
    names = tuple(t.region.name for t in seen.tellings)
    return Plot(
        title="what each part of the picture tells by itself",
        x="part",
        y="skill of a forest (1 is perfect)",
        lines=(
            Line(name="training", x=names, y=tuple(t.train for t in seen.tellings)),
            Line(name="validation", x=names, y=tuple(t.valid for t in seen.tellings)),
        ),
    )
