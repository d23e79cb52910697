"""The timeline: rows lie where the clock says, and a pause between two sessions of a run is left out."""

from whet.report.plots.timeline import draw, spans


def row(begin, end, *, stage="confirm", after=0.5):
    return {
        "registered_at": f"2026-01-01T10:{begin // 60:02d}:{begin % 60:02d}.000Z",
        "decided_at": None if end is None else f"2026-01-01T10:{end // 60:02d}:{end % 60:02d}.000Z",
        "stage": stage,
        "remedy": "ema",
        "change": "EMA $0.99$",
        "after": after,
        "verdict": "measured",
    }


def test_spans_count_from_the_first_row_and_skip_what_took_no_time(data_with):
    data = data_with(ledger=[row(5, 10), row(10, 10), row(12, 30), row(30, None)])
    assert [(begin, end) for begin, end, _ in spans(data)] == [(0, 5), (7, 25)]


def test_a_pause_of_a_stopped_run_is_left_out(data_with):
    data = data_with(ledger=[row(0, 10), row(10, 20), row(620, 630)])
    assert [(begin, end) for begin, end, _ in spans(data)] == [(0, 10), (10, 20), (20, 30)]


def test_rows_that_run_side_by_side_keep_their_places(data_with):
    data = data_with(ledger=[row(0, 200), row(0, 210), row(205, 220)])
    assert [(begin, end) for begin, end, _ in spans(data)] == [(0, 200), (0, 210), (205, 220)]


def test_it_is_drawn_only_where_there_is_something_to_see(data_with):
    assert not draw(data_with(ledger=[row(0, 10)]))
    assert "<img" in draw(data_with(ledger=[row(0, 10), row(10, 20, stage="screen"), row(20, 30, after=None)]))
