"""Over-long texts and runs of one letter."""

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from planted_columns import assert_only, found, rows_of, sound_texts, with_values

from whet.auditing.checks.unusual_texts import UnusualTexts, _has_run


def test_sound_texts_are_silent():
    assert found(UnusualTexts(), sound_texts()) == []


@pytest.mark.parametrize("share", [0.01, 0.05])
@pytest.mark.parametrize("make", [lambda v: "a" * 40, lambda v: v + " nooooooooooooooo", lambda v: " ".join([v] * 60)])
def test_runs_and_over_long_texts_are_found(make, share):
    rows = rows_of(400, share)
    assert_only(found(UnusualTexts(), with_values(sound_texts(), "text", rows, make)), rows)


def test_the_length_of_a_run_is_a_setting():
    texts = with_values(sound_texts(), "text", rows_of(400), lambda v: v + " noooo")
    assert found(UnusualTexts(), texts) == []
    assert len(found(UnusualTexts(longest_run=4), texts)) == 1


@example(texts=["a", "a", "a"], least=5)
@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(alphabet="ab!é ", max_size=12), min_size=1, max_size=8), st.integers(2, 5))
def test_runs_are_those_of_a_plain_search(texts, least):
    wanted = [any(letter * least in text for letter in "ab!") for text in texts]
    assert _has_run(pa.array(texts, pa.large_string()), least).tolist() == wanted
