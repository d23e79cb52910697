"""Texts without content."""

import numpy as np
import pytest
from planted_columns import assert_only, found, rows_of, sound_table, sound_texts, with_values

from whet.auditing.checks.empty_texts import EmptyTexts


def test_sound_texts_and_tables_without_texts_are_silent():
    assert found(EmptyTexts(), sound_texts()) == found(EmptyTexts(), sound_table()) == []


@pytest.mark.parametrize("content", ["", "  ", "...", "?!"])
@pytest.mark.parametrize("share", [0.01, 0.05])
def test_empty_texts_and_marks_are_found(content, share):
    rows = rows_of(400, share)
    finding = assert_only(found(EmptyTexts(), with_values(sound_texts(), "text", rows, lambda _: content)), rows)
    assert finding.level == "moderate"
    assert finding.edits[0].action == "drop_rows"


def test_a_heap_of_single_words_is_found_and_a_tail_of_short_texts_is_not():
    rows = rows_of(400, 0.05)
    assert_only(found(EmptyTexts(), with_values(sound_texts(), "text", rows, lambda v: v.split()[0])), rows)
    lengths = iter(np.tile([1, 2, 3, 4], 20))
    tail = with_values(sound_texts(), "text", rows_of(400, 0.2), lambda v: " ".join(v.split()[: next(lengths)]))
    assert found(EmptyTexts(), tail) == []
    assert found(EmptyTexts(usual_words=50), with_values(sound_texts(), "text", rows, lambda v: v.split()[0])) == []
