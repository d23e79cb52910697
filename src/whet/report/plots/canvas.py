"""What every plot shares: a figure of the page's size, the palette, labels that fonts can show, and the <img> tag.

Plots travel as PNG data URIs: unlike inline SVG they cannot carry markup or clash in their ids, and they look the same
in every browser. Drawn at twice the shown size, so that they are sharp on paper. matplotlib is imported on first use.
Palette: Okabe and Ito, "Color Universal Design", 2008: told apart with any common colour blindness.
"""

from __future__ import annotations

import base64
import functools
import io
from typing import TYPE_CHECKING

from markupsafe import Markup

from whet.report.amounts import number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

__all__ = [
    "BLUE",
    "GREEN",
    "GREY",
    "INK",
    "ORANGE",
    "RED",
    "SKY",
    "dress",
    "figure",
    "image",
    "plain_numbers",
    "shown_label",
]

BLUE, RED, GREEN, ORANGE, SKY = "#0072B2", "#D55E00", "#009E73", "#E69F00", "#56B4E9"
GREY, INK, RULE = "#8A94A3", "#1C2733", "#E3E7EC"
FONT = "DejaVu Sans"  # comes with matplotlib, so it is always there
LONGEST_LABEL = 22  # characters


def figure(width: int, height: int) -> Figure:
    """An empty figure of ``width`` x ``height`` CSS pixels."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width / 100, height / 100), dpi=100, layout="constrained", facecolor="white")


def dress(axes: Axes, *, title: str = "", x: str = "", y: str = "", grid: str = "both") -> None:
    """The house's look: no box, faint grid, left-aligned title."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(GREY)
    axes.tick_params(colors=INK, labelsize=8.5, color=GREY)
    axes.set_axisbelow(True)
    axes.grid(True, axis=grid, color=RULE, linewidth=0.8)  # type: ignore[arg-type]
    axes.set_title(shown_label(title, longest=70), loc="left", fontsize=10, fontweight="bold", color=INK)
    axes.set_xlabel(shown_label(x, longest=60), fontsize=9, color=INK)
    axes.set_ylabel(shown_label(y, longest=40), fontsize=9, color=INK)


def plain_numbers(axis: Axis) -> None:
    """Few ticks, with thousands separators instead of a power of ten in the corner."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis.set_major_locator(MaxNLocator(6))
    axis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))


def image(drawn: Figure, alt: str) -> Markup:
    """The <img> of a figure; ``alt`` says what it shows to those who cannot see it."""
    from matplotlib.text import Text

    for text in drawn.findobj(Text):
        text.set_fontfamily(FONT)
    buffer = io.BytesIO()
    drawn.savefig(buffer, format="png", dpi=200, metadata={"Software": None})
    width, height = (round(100 * inches) for inches in drawn.get_size_inches())
    encoded = base64.b64encode(buffer.getvalue()).decode()
    kind = "plot wide" if width > 560 else "plot"  # wide ones span both columns of the page
    return Markup('<img class="{}" width="{}" height="{}" alt="{}" src="data:image/png;base64,{}">').format(
        kind, width, height, alt, encoded
    )


def shown_label(text: str, *, longest: int = LONGEST_LABEL, otherwise: str = "") -> str:
    r"""A label on one line, cut to ``longest``; ``otherwise`` where the plot's font has no glyphs for it.

    Dollars are escaped: matplotlib would read what stands between two as a formula.

    >>> shown_label("cost in $", longest=9), shown_label("a very long label indeed", longest=9)
    ('cost in \\$', 'a very l…')
    >>> shown_label("猫", otherwise="class 3")
    'class 3'
    """
    line = " ".join(text.split())
    known = _known_glyphs()
    if otherwise and not all(ord(c) in known for c in line):
        return otherwise
    line = "".join(c if ord(c) in known else "□" for c in line)
    cut = line if len(line) <= longest else line[: longest - 1] + "…"
    return cut.replace("$", r"\$")


@functools.lru_cache(maxsize=1)
def _known_glyphs() -> frozenset[int]:
    from matplotlib.font_manager import findfont, get_font

    return frozenset(get_font(findfont(FONT)).get_charmap())
