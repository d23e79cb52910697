"""Long work shows itself: a live panel on a terminal, a few plain lines elsewhere. Both write to standard error."""

from __future__ import annotations

import time

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from whet.improving.observer import Observer
from whet.training.fitted import Progress

__all__ = ["LinePanel", "LivePanel"]


class LinePanel(Observer):
    """Quiet: only what a log should keep."""

    def __init__(self) -> None:
        self.console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)

    def say(self, message: str) -> None:
        """One line."""
        self.console.print(message)

    def best(self, title: str, score: float, metric: str) -> None:
        """One line per new best."""
        self.console.print(f"best so far: {metric} {score:.4g} on validation ({title})")


class LivePanel(Observer):
    """Time left, what is being tried, how far it is, the current best."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(stderr=True, highlight=False, markup=False)
        self.title = ""
        self.budget_s: float | None = None
        self.start = time.monotonic()
        self.task = "starting"
        self.fraction = 0.0
        self.detail = ""
        self.record = "nothing yet"
        # last, because it asks for its first picture at once
        self.live = Live(console=self.console, refresh_per_second=4, transient=True, get_renderable=self.render)

    def begin(self, *, budget_s: float | None, elapsed_s: float, title: str) -> None:
        """Start drawing."""
        self.title, self.budget_s, self.start = title, budget_s, time.monotonic() - elapsed_s
        self.live.start()

    def say(self, message: str) -> None:
        """A line above the panel."""
        self.console.print(message)

    def doing(self, what: str) -> None:
        """What is being tried."""
        self.task, self.fraction, self.detail = what, 0.0, ""

    def progress(self, progress: Progress) -> None:
        """How far the running training is."""
        self.fraction = progress.fraction
        score = "" if progress.valid_score is None else f", validation {progress.valid_score:.4g}"
        self.detail = f"epoch {progress.epoch:.1f}, loss {progress.train_loss:.3g}{score}"

    def best(self, title: str, score: float, metric: str) -> None:
        """The current best."""
        self.record = f"{metric} {score:.4g} on validation ({title})"

    def end(self) -> None:
        """Stop drawing; safe to call twice."""
        self.live.stop()

    def render(self) -> Group:
        """What is drawn now."""
        elapsed = time.monotonic() - self.start
        left = "counted in epochs" if self.budget_s is None else f"{clock(max(0.0, self.budget_s - elapsed))} left"
        rows = Table.grid(padding=(0, 2))
        share = self.fraction if self.budget_s is None else min(1.0, elapsed / self.budget_s)
        rows.add_row("", ProgressBar(total=1.0, completed=share, width=60))
        rows.add_row("time", f"{clock(elapsed)} spent, {left}")
        rows.add_row("trying", Text(self.task, overflow="ellipsis"))
        rows.add_row("", Text(self.detail, style="dim"))
        rows.add_row("best", self.record)
        return Group(Text(f"whet {self.title}", style="bold"), rows)


def clock(seconds: float) -> str:
    """Minutes and seconds.

    >>> clock(125)
    '2:05'
    """
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
