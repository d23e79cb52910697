"""Tags and addresses."""

import pytest
from planted_columns import assert_only, found, rows_of, sound_texts, with_values

from whet.auditing.checks.markup_in_texts import MarkupInTexts


def test_sound_texts_are_silent_also_with_signs_of_inequality():
    texts = with_values(sound_texts(), "text", rows_of(400, 0.5), lambda v: v + " 3 < 4 > 2 <3 a<b c>d")
    assert found(MarkupInTexts(), sound_texts()) == found(MarkupInTexts(), texts) == []


@pytest.mark.parametrize("share", [0.01, 0.05, 1.0])
def test_tags_are_found_and_stripped(share):
    texts, rows = sound_texts(), rows_of(400, share)
    finding = assert_only(found(MarkupInTexts(), with_values(texts, "text", rows, lambda v: f"<p>{v}</p><br />")), rows)
    edit = finding.edits[0]
    assert list(edit.values) == texts["text"][list(edit.rows)].tolist()


def test_addresses_are_told_unless_they_are_the_way_of_the_texts():
    rows = rows_of(400)
    few = with_values(sound_texts(), "text", rows, lambda v: v + " see http://example.com/a?b=1")
    many = with_values(sound_texts(), "text", rows_of(400, 0.5), lambda v: v + " www.example.com")
    finding = assert_only(found(MarkupInTexts(), few), rows)
    assert finding.edits == ()
    assert found(MarkupInTexts(), many) == []
    assert found(MarkupInTexts(address_share=0.5), few) == []
