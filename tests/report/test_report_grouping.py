"""Every row of the ledger is on the page exactly once, in the group of its verdict."""

from hypothesis import given
from hypothesis import strategies as st

from whet.ledger.entry import Stage, Verdict
from whet.report.grouping import grouped
from whet.report.plots.waterfall import steps


@given(st.lists(st.tuples(st.sampled_from(list(Stage)), st.sampled_from([*Verdict, None])), max_size=12))
def test_no_row_is_lost_or_shown_twice(row, kinds):
    rows = [row(i, str(stage), verdict and str(verdict)) for i, (stage, verdict) in enumerate(kinds)]
    shown = [line.id for group in grouped(rows, "fraction") for line in group.lines]
    assert sorted(shown, key=int) == [str(i) for i in range(len(rows))]


def test_groups_follow_the_verdicts(row):
    rows = [
        row(1, verdict="no evidence"),
        row(2, verdict="adopted"),
        row(3, verdict="not visible here"),
        row(4, verdict=None),
        row(5, stage="screen", verdict="measured"),
        row(6, verdict="failed"),
    ]
    found = {group.key: [line.id for line in group.lines] for group in grouped(rows, "fraction")}
    assert found == {"adopted": ["2"], "tried": ["1", "6"], "hidden": ["3"], "undecided": ["4"], "screens": ["5"]}


def test_a_cause_is_shown_once(row):
    rows = [row(verdict="failed", reason="ran out of memory", cause="memory"), row(verdict="failed", cause="NaN loss")]
    assert [line.cause for line in grouped(rows, "fraction")[0].lines] == ["", "NaN loss"]


def test_a_row_judged_by_another_metric_is_worded_in_its_unit(row):
    line = grouped([row(stage="calibrate", gain=0.05, details={"metric": "log_loss"})], "fraction")[0].lines[0]
    assert line.gain == "+0.05"


def test_gains_are_points_and_missing_figures_are_dashes(row):
    line = grouped([row(low=None, high=None, p=None, before=None)], "fraction")[0].lines[0]
    assert (line.gain, line.interval, line.p, line.before) == ("+3.0", "", "–", "–")


def test_the_waterfall_takes_the_best_baseline_and_what_was_adopted(data_with, row):
    rows = [
        row(1, "baseline", "measured", after=0.5),
        row(2, "baseline", "measured", after=0.8),
        row(3, "default", "measured"),
        row(4, "confirm", "no evidence"),
        row(5, "confirm", "adopted"),
        row(6, "ensemble", "no evidence"),
    ]
    single = data_with(ledger=rows)
    blended = data_with(ledger=rows, members=[{"title": "a", "weight": 0.5}, {"title": "b", "weight": 0.5}])
    assert [r["id"] for r in steps(single)] == [2, 3, 5]
    assert [r["id"] for r in steps(blended)] == [2, 3, 5, 6]
    assert next(r["id"] for r in steps(data_with(ledger=rows, higher_is_better=False))) == 1
