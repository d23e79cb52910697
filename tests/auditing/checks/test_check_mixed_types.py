"""Words among numbers, numbers with something around them, and dates in two forms."""

import pytest
from planted_columns import assert_only, found, rows_of, sound_table, with_values

from whet.auditing.checks.mixed_types import MixedTypes


def test_a_sound_table_is_silent():
    assert found(MixedTypes(), sound_table()) == []


@pytest.mark.parametrize("share", [0.01, 0.05])  # at 5 % the column is no longer read as numbers
def test_words_among_numbers_are_found(share):
    rows = rows_of(1000, share)
    finding = assert_only(found(MixedTypes(), with_values(sound_table(), "income", rows, lambda _: "plenty")), rows)
    assert finding.level == "moderate"


@pytest.mark.parametrize(
    ("make", "value"),
    [
        (lambda v: f"${v}", 1.0),
        (lambda v: f"{v} %", 1.0),
        (lambda v: f"{v} cm", 1.0),
        (lambda v: v.replace(".", ","), 1.0),
        (lambda v: f"{1000 * float(v):,.0f}", 1000.0),
    ],
)
@pytest.mark.parametrize("share", [0.01, 0.05, 1.0])
def test_decorated_numbers_are_found_and_read(make, value, share):
    table, rows = sound_table(), rows_of(1000, share)
    finding = assert_only(found(MixedTypes(), with_values(table, "height", rows, make)), rows)
    edit = finding.edits[0]
    wanted = [value * float(table["height"][row]) for row in edit.rows]
    assert [float(v) for v in edit.values] == pytest.approx(wanted)


@pytest.mark.parametrize("share", [0.01, 0.05, 0.4])
def test_dates_in_a_second_form_are_found_and_rewritten(share):
    table, rows = sound_table(), rows_of(1000, share)
    turned = with_values(table, "begin", rows, lambda v: f"{v[8:]}.{v[5:7]}.{v[:4]}")
    finding = assert_only(found(MixedTypes(), turned), rows)
    edit = finding.edits[0]
    assert list(edit.values) == table["begin"][list(edit.rows)].tolist()


def test_codes_and_sizes_are_no_numbers():
    table = sound_table()
    table["size"] = ["XL" if i % 5 == 0 else str(36 + i % 4) for i in range(1000)]
    table["ticket"] = [f"A/{i}" if i % 4 == 0 else str(10_000 + i % 50) for i in range(1000)]
    assert found(MixedTypes(), table) == []


def test_fewer_numbers_than_asked_for_are_no_number_column():
    table = with_values(sound_table(), "income", rows_of(1000, 0.05), lambda _: "plenty")
    assert found(MixedTypes(least_numbers=0.99), table) == []
