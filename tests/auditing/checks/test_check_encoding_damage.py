"""Damaged letters are found and mended; sound letters of other languages are left alone."""

import pytest
from planted_columns import assert_only, found, rows_of, sound_table, sound_texts, with_values

from whet.auditing.checks.encoding_damage import EncodingDamage


def test_sound_texts_are_silent_also_with_accents():
    texts = with_values(
        sound_texts(), "text", rows_of(400, 0.5), lambda v: v + " café schön naïve señor Łódź — “ok” €5 日本"
    )
    assert found(EncodingDamage(), sound_texts()) == found(EncodingDamage(), texts) == []


@pytest.mark.parametrize(
    ("end", "mended"), [(" schÃ¶n", " schön"), (" &amp; more", " & more"), (" it\x07", " it"), (" donâ€™t", " don’t")]
)
@pytest.mark.parametrize("share", [0.01, 0.05])
def test_damage_is_found_and_mended(end, mended, share):
    texts, rows = sound_texts(), rows_of(400, share)
    finding = assert_only(found(EncodingDamage(), with_values(texts, "text", rows, lambda v: v + end)), rows)
    assert finding.level == "moderate"
    assert finding.edits[0].values[0] == texts["text"][finding.edits[0].rows[0]] + mended
    assert not finding.edits[0].certain


def test_what_is_lost_for_good_is_found():
    rows = rows_of(400)
    assert_only(found(EncodingDamage(), with_values(sound_texts(), "text", rows, lambda v: v + " sch\ufffdn")), rows)


def test_categories_are_looked_at():
    rows = rows_of(1000)
    assert_only(found(EncodingDamage(), with_values(sound_table(), "city", rows, lambda _: "MÃ¼nchen")), rows)
