"""From the rules and what was measured to a verdict on each family, in plain words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from whet.comparing.looking import Look
from whet.comparing.rules import Rule, rule_for
from whet.data.kinds import Modality

__all__ = ["FITS", "POSSIBLE", "TOO_LITTLE", "Verdict", "pretrained_advice", "verdict"]

FITS, POSSIBLE, TOO_LITTLE, NO_RULE = "fits", "possible", "too little data", "no rule"
PRETRAINED = {  # training examples below which a pretrained body is the better start, and why
    Modality.TEXT: (
        50_000,
        "Howard and Ruder, ACL 2018: 100 labelled texts did as well as 100 times more from scratch",
    ),
    Modality.IMAGE: (
        20_000,
        "Kornblith et al., CVPR 2019: helps most where examples are few, little for classes unlike ImageNet's",
    ),
}


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """On one family."""

    family: str
    verdict: str
    why: tuple[str, ...]
    source: str = ""
    threshold_possible: int | None = None  # training examples
    threshold_fits: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {**self.__dict__, "why": list(self.why)}


def verdict(family: str, look: Look) -> Verdict:
    """What these data say about ``family``."""
    if family == "majority":
        return Verdict(family=family, verdict=FITS, why=("it ignores the examples: the floor that all must beat",))
    rule = rule_for(family, look.modality)
    if rule is None:
        return Verdict(family=family, verdict=NO_RULE, why=("there is no rule of thumb for it here; compare it",))
    level, why = _by_size(rule, look.num_train)
    for is_lower, reason in _lowering(rule, look):
        if is_lower and level != TOO_LITTLE:
            level = POSSIBLE
            why.append(reason)
    return Verdict(
        family=family,
        verdict=level,
        why=(rule.because, *why, *_notes(rule, look)),
        source=rule.source,
        threshold_possible=rule.possible,
        threshold_fits=rule.fits,
    )


def pretrained_advice(look: Look, families: Sequence[str]) -> str:
    """When to start from a pretrained model, for these data."""
    known = PRETRAINED.get(look.modality)
    if known is None:
        return (
            f"Start from scratch: for {look.modality} examples no pretrained body is as widely useful as for pictures "
            "and texts."
        )
    most, source = known
    if look.num_train < most:
        return (
            f"Start from a pretrained model where one fits the content: {look.num_train:,} training examples are fewer "
            f"than the {most:,} up to which it usually pays ({source}). Above all for a transformer."
        )
    return (
        f"A pretrained model is optional: with {look.num_train:,} training examples (the line is at {most:,}) training "
        f"from scratch can come close; it still saves time where one fits the content ({source})."
    )


def _by_size(rule: Rule, num_train: int) -> tuple[str, list[str]]:
    if num_train < rule.possible:
        return TOO_LITTLE, [f"{num_train:,} training examples, and it wants at least {rule.possible:,}"]
    if num_train < rule.fits:
        return POSSIBLE, [f"{num_train:,} training examples: enough to try, short of the {rule.fits:,} it likes"]
    return FITS, [f"{num_train:,} training examples are enough (from {rule.fits:,} on)"]


def _lowering(rule: Rule, look: Look) -> list[tuple[bool, str]]:
    rarest = min(look.class_counts) if look.class_counts else rule.per_class
    length = look.typical_length or 0
    return [
        (rarest < rule.per_class, f"its smallest class has {rarest} examples, and it wants {rule.per_class}"),
        (
            rule.longest is not None and length > rule.longest,
            f"half of the examples are longer than {length:,.0f} steps, more than the {rule.longest} it manages well",
        ),
    ]


def _notes(rule: Rule, look: Look) -> list[str]:
    if not rule.uses_order or look.order is None:
        return []
    if look.order.low > 0:
        return [f"word order pays here: word pairs beside words gained {look.order.words}"]
    return [f"word order was not seen to pay here: word pairs beside words gave {look.order.words}"]
