"""Another language is found; short texts cannot be judged."""

import pandas as pd
import pytest
from planted_columns import SENTENCE, assert_only, found, rows_of

from whet.auditing.checks.language_mix import LanguageMix
from whet.errors import CannotJudgeError

OTHERS = [
    "Die Lieferung war leider sehr langsam und niemand ging ans Telefon",
    "La livraison était très rapide et les gens étaient vraiment aimables",
    "この商品はとても良いです。配達も早くて、みんな親切でした。ありがとう",
]


def english(num=300):
    return pd.DataFrame({"text": [f"{SENTENCE} {i}" for i in range(num)], "label": ["a", "b"] * (num // 2)})


def test_one_language_is_silent():
    assert found(LanguageMix(), english()) == []


@pytest.mark.parametrize("share", [0.01, 0.05])
def test_other_languages_are_found(share):
    texts, rows = english(), rows_of(300, share)
    texts.loc[rows, "text"] = [f"{OTHERS[i % 3]} {i}" for i in range(len(rows))]
    finding = assert_only(found(LanguageMix(), texts), rows)
    assert finding.level == "moderate"
    assert finding.edits[0].action == "drop_rows"


def test_a_collection_of_several_languages_is_meant_so():
    texts = english()
    texts["text"] = [f"{[SENTENCE, *OTHERS][i % 4]} {i}" for i in range(300)]
    assert found(LanguageMix(), texts) == []


def test_short_texts_cannot_be_judged():
    short = pd.DataFrame({"text": [f"who is it {i}" for i in range(100)], "label": ["a", "b"] * 50})
    with pytest.raises(CannotJudgeError, match="fewer than 20 letters"):
        found(LanguageMix(), short)
