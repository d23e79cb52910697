"""One thing that is wrong, in the data or in how a model learns. Audits and diagnoses both emit findings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

__all__ = ["SEVERE", "Cost", "Edit", "Example", "Finding", "Line", "Part", "Plot"]

Part = Literal["train", "test"]

SEVERE = 0.7  # severity from which a finding spoils the model or its score if nothing is done
MODERATE = 0.3


@dataclass(frozen=True, kw_only=True)
class Example:
    """One case of a finding, for a person to look at; pictures and texts are fetched by row when the page is drawn."""

    where: str  # "row 17" or "cat/0001.jpg"
    what: str = ""  # "labelled 'cat', reads like 'dog' (0.97)"
    part: Part = "train"
    row: int | None = None  # 0-based source row of that part
    partner: int | None = None  # source row of the other half of a pair
    partner_part: Part = "train"


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What a finding costs, in the unit of the primary metric and with a 95 % interval; positive is better.

    "gain": what mending it would gain. "flattery": by how much the score looks better than it is.
    """

    meaning: Literal["gain", "flattery"]
    value: float
    low: float
    high: float
    how: str  # "boosted trees with and without the rows, on the same 4,000 held-out examples"


@dataclass(frozen=True, kw_only=True)
class Edit:
    """A change of the source that would mend a finding. ``rows`` are 0-based source rows of the training part."""

    action: Literal["drop_rows", "drop_column", "set_values"]
    rows: tuple[int, ...] = ()  # for "drop_column": empty
    column: str = ""  # for "drop_rows": empty
    values: tuple[str | None, ...] = ()  # "set_values": one per row, or one for all; None empties the cell
    certain: bool = False  # True: a cleaned copy has it; False: it goes on the review list and waits for a person


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line or row of bars of a plot."""

    name: str
    x: tuple[float | str, ...]  # words are categories: the plot then has bars
    y: tuple[float, ...]  # NaN leaves a gap


@dataclass(frozen=True, kw_only=True)
class Plot:
    """The evidence as a picture: plain values that a page draws."""

    title: str
    x: str  # what the axis shows, with its unit
    y: str
    lines: tuple[Line, ...]
    threshold: float | None = None  # a level across the plot that the rule compares with
    log_y: bool = False


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Plain values. An audit fills the fields of rows and costs, a diagnosis those at the end."""

    symptom: str  # registered name of the symptom or check: "overfitting", "label_errors"
    severity: float  # in [0, 1]: how strong the evidence is and how much it matters
    statement: str  # one plain sentence with the numbers: "Training accuracy is 0.99, validation 0.81."
    evidence: Mapping[str, Any] = field(default_factory=dict)  # rule, value, threshold
    advice: str = ""  # what a person could do
    title: str = ""  # "Labels that look wrong"
    part: Part = "train"
    column: str = ""  # the column concerned, where it is one
    count: int = 0  # examples concerned
    total: int = 0  # examples looked at; fewer than there are when a sample was drawn
    confidence: float | None = None  # in [0, 1]: share of ``count`` expected to be right, or certainty of the claim
    rows: tuple[int, ...] = ()  # 0-based source rows of ``part``, the surest first
    examples: tuple[Example, ...] = ()  # for the gallery, the most telling first
    cost: Cost | None = None
    cost_unknown: str = ""  # why there is no cost, where one could be expected
    remedy: str = ""  # what the remedy would change: "leaves the 37 rows out of training"
    edits: tuple[Edit, ...] = ()
    mend: Mapping[str, Any] = field(default_factory=dict)  # of ``column``, by a table's encoder: see its table_mends
    room: float = 0.0  # points of the metric, as a share of its scale, that mending could plausibly bring; 0: not said
    where: str = ""  # layer, parameter, batch, step, class or slice: "layer 'body.3' (ReLU)"
    cures: tuple[str, ...] = ()  # registered names of cures of a training script, the likeliest to help first
    source: str = ""  # the paper or documentation behind the rule
    plot: Plot | None = None

    @property
    def level(self) -> Literal["severe", "moderate", "slight"]:
        """The severity in a word."""
        if self.severity >= SEVERE:
            return "severe"
        return "moderate" if self.severity >= MODERATE else "slight"
