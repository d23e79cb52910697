"""How many examples each family wants, per kind of example: rules of thumb, each with its reason and where it is from.

``possible``: below so many examples the family is not worth its time. ``fits``: from so many on it is a fair first
choice. The sources report experiments; the round numbers drawn from them are ours, and ``whet compare`` is the test.
"""

from __future__ import annotations

from dataclasses import dataclass

from whet.data.kinds import Modality

__all__ = ["RULES", "Rule", "rule_for"]

KIM = "Kim, EMNLP 2014: 4,000 to 12,000 sentences; without pretrained word vectors 76.1 % instead of 81.5 % on MR"
ZHANG = "Zhang, Zhao and LeCun, NeurIPS 2015: n-grams lead up to several hundred thousand texts"
WANG = "Wang and Manning, ACL 2012"
JOULIN = "Joulin et al., EACL 2017"
DEVLIN = "Devlin et al., NAACL 2019; Howard and Ruder, ACL 2018"
VIT = "Dosovitskiy et al., ICLR 2021; Hassani et al., arXiv 2104.05704 (50,000 small pictures are enough with care)"
FAWAZ = "Fawaz et al., DMKD 2019 and 2020"
ROCKET = "Dempster et al., KDD 2021: as accurate as the best of its time on 109 UCR sets, many under 500 series"
TREES = "Grinsztajn et al., NeurIPS 2022: trees lead on tables of about 10,000 rows"
GORISHNIY = "Gorishniy et al., NeurIPS 2021 and ICLR 2025"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """For one family on one kind of example."""

    possible: int  # training examples
    fits: int
    because: str
    source: str
    per_class: int = 0  # below so many in the smallest class it is at most possible
    longest: int | None = None  # from so many steps or tokens on it is at most possible
    uses_order: bool = False  # its point is the order of words


IMAGE, TEXT, SERIES, TABLE = Modality.IMAGE, Modality.TEXT, Modality.SERIES, Modality.TABLE
_ORDER = "it reads words in their order, one after the other, and learns what words mean from these texts alone"
_STEPS = "it carries a state from step to step, which is slow, and loses what lies hundreds of steps back"
_PAIRS = "it compares every part with every other and assumes nothing about neighbours, so it has all to learn"

RULES: dict[tuple[str, Modality], Rule] = {
    ("linear", TEXT): Rule(possible=20, fits=50, because="few weights matter, and words tell much alone", source=WANG),
    ("bag", TEXT): Rule(
        possible=500, fits=2_000, because="word pairs are learnt as vectors, but not their order", source=JOULIN
    ),
    ("cnn", TEXT): Rule(
        possible=2_000,
        fits=10_000,
        because="it finds telling phrases wherever they stand",
        source=KIM,
        uses_order=True,
    ),
    ("transformer", TEXT): Rule(
        possible=10_000, fits=100_000, because=_PAIRS, source=f"{DEVLIN}; {ZHANG}", uses_order=True
    ),
    ("linear", IMAGE): Rule(
        possible=20, fits=50, because="it works on given edges or pixels; a floor to beat", source="Dalal, CVPR 2005"
    ),
    ("cnn", IMAGE): Rule(
        possible=200,
        fits=2_000,
        per_class=20,
        because="what it finds in one place it knows everywhere, so pictures teach it quickly",
        source="Barz and Denzler, WACV 2020 (a few dozen pictures a class without pretraining); arXiv 2404.00498",
    ),
    ("transformer", IMAGE): Rule(possible=5_000, fits=50_000, per_class=100, because=_PAIRS, source=VIT),
    ("mlp", IMAGE): Rule(
        possible=1_000, fits=50_000, because="it does not know that pixels have neighbours", source=VIT
    ),
    ("rocket", SERIES): Rule(
        possible=10, fits=20, because="its patterns are given, and only a linear model is learnt", source=ROCKET
    ),
    ("cnn", SERIES): Rule(
        possible=100, fits=500, because="it learns local shapes at several scales", source=FAWAZ, per_class=10
    ),
    ("transformer", SERIES): Rule(
        possible=1_000, fits=10_000, because=_PAIRS, source="Zerveas et al., KDD 2021; Wen et al., IJCAI 2023"
    ),
    ("linear", TABLE): Rule(
        possible=10, fits=30, because="one weight a column; columns that act together escape it", source=TREES
    ),
    ("trees", TABLE): Rule(
        possible=50, fits=300, because="they cut columns where it matters, whatever their scale", source=TREES
    ),
    ("mlp", TABLE): Rule(
        possible=300, fits=3_000, because="it needs rows to learn what trees find by cutting", source=GORISHNIY
    ),
    ("transformer", TABLE): Rule(
        possible=3_000, fits=20_000, because="attention between columns costs much and rarely pays", source=GORISHNIY
    ),
}
for _family in ("rnn", "lstm", "gru"):
    RULES[_family, TEXT] = Rule(possible=2_000, fits=20_000, because=_ORDER, source=ZHANG, longest=500, uses_order=True)
    RULES[_family, SERIES] = Rule(possible=300, fits=2_000, because=_STEPS, source=FAWAZ, longest=500)


def rule_for(family: str, modality: Modality) -> Rule | None:
    """The rule, or None where there is none.

    >>> rule_for("transformer", Modality.TEXT).possible
    10000
    """
    return RULES.get((family, modality))
