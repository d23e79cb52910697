"""What a person sees while a run works."""

import io

from rich.console import Console

from whet.cli.panel import LinePanel, LivePanel
from whet.training.fitted import Progress


def drawn(panel):
    console = Console(file=io.StringIO(), width=100)
    console.print(panel.render())
    return console.file.getvalue()


def test_the_panel_shows_time_left_what_is_tried_and_the_best_so_far():
    panel = LivePanel(Console(file=io.StringIO(), force_terminal=True, width=100))
    assert "nothing yet" in drawn(panel)
    panel.begin(budget_s=120.0, elapsed_s=29.5, title="reviews.csv")
    panel.doing("dropout 0.1 -> 0.25, seed 2")
    panel.progress(Progress(fraction=0.5, epoch=3.2, seconds=4.0, train_loss=0.123, valid_score=0.9))
    panel.best("embedding bag", 0.91, "accuracy")
    text = drawn(panel)
    panel.end()
    panel.end()  # safe to call twice
    for said in ("reviews.csv", "0:29 spent", "1:30 left", "dropout 0.1 -> 0.25", "epoch 3.2", "accuracy 0.91"):
        assert said in text, text
    assert all("time" not in line for line in text.splitlines() if "━" in line)  # the bar has a line of its own


def test_a_run_counted_in_epochs_says_so():
    panel = LivePanel(Console(file=io.StringIO(), force_terminal=True, width=100))
    panel.begin(budget_s=None, elapsed_s=0.0, title="x")
    assert "counted in epochs" in drawn(panel)
    panel.end()


def test_names_from_the_data_are_not_read_as_markup():
    panel = LivePanel(Console(file=io.StringIO(), force_terminal=True, width=100))
    panel.begin(budget_s=10.0, elapsed_s=0.0, title="[red]x[/red]")
    assert "[red]x[/red]" in drawn(panel)
    panel.end()


def test_without_a_terminal_only_plain_lines_go_to_standard_error(capsys):
    panel = LinePanel()
    panel.doing("something")
    panel.say("adopted: [bold]dropout[/bold]")
    panel.best("convnet", 0.5, "accuracy")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "[bold]dropout[/bold]" in captured.err
    assert "\x1b" not in captured.err
