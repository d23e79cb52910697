"""Near copies: one word changed, a picture made brighter, a row rounded; exact ones belong to another check."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from whet.auditing.checks.near_duplicates import NearDuplicates
from whet.auditing.leaks.copies import exact_links, families, near_links
from whet.auditing.opening import open_inspection

WORDS = [f"word{i}" for i in range(300)]


def sentences(num=200, seed=0):
    rng = np.random.default_rng(seed)
    return [" ".join(rng.choice(WORDS, 25)) for _ in range(num)]


def opened(texts):
    frame = pd.DataFrame({"text": texts, "y": [("p", "q")[i % 2] for i in range(len(texts))]})
    return open_inspection(frame, target="y", types={"text": "text"})


def test_a_text_with_one_word_more_is_found():
    texts = sentences()
    (finding,) = NearDuplicates().check(opened([*texts, texts[10] + " indeed", texts[44].upper()]))
    assert finding.rows == (200, 201)
    assert [(e.row, e.partner) for e in finding.examples] == [(200, 10), (201, 44)]
    assert finding.level == "slight" if 2 / 202 < 0.01 else finding.level == "moderate"
    assert not finding.edits[0].certain


def test_exact_copies_alone_are_silent_here():
    texts = sentences()
    assert list(NearDuplicates().check(opened([*texts, texts[10]]))) == []


def test_the_clean_twin_is_silent():
    assert list(NearDuplicates().check(opened(sentences()))) == []


def test_a_brighter_picture_is_a_near_copy():
    rng = np.random.default_rng(0)
    coarse = rng.integers(20, 200, (40, 4, 4, 3))
    shots = coarse.repeat(8, axis=1).repeat(8, axis=2).astype(np.uint8)
    labels = np.array(["a", "b"] * 20 + ["a"], dtype=object)
    source = (np.concatenate([shots, shots[6:7] + 9]), labels)
    (finding,) = NearDuplicates().check(open_inspection(source))
    assert finding.rows == (40,)
    assert finding.examples[0].partner == 6


def test_the_share_that_matters_can_be_set():
    texts = sentences()
    inspection = opened([*texts, texts[10] + " indeed"])
    (strict,) = NearDuplicates(moderate_share=0.001).check(inspection)
    (lax,) = NearDuplicates(moderate_share=0.5).check(inspection)
    assert (strict.level, lax.level) == ("moderate", "slight")


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 14), st.integers(0, 14)), max_size=20), st.integers(0, 2**31 - 1))
def test_every_member_but_the_first_is_either_an_exact_or_a_near_copy(links, seed):
    pairs = np.array([sorted(p) for p in links if p[0] != p[1]], dtype=np.int64).reshape(-1, 2)
    rng = np.random.default_rng(seed)
    data = open_inspection(pd.DataFrame({"a": rng.integers(0, 3, 15) + 0.5, "b": rng.normal(size=15)})).data
    exact = exact_links(data, pairs)
    near = near_links(pairs, exact, 15)
    later = [set(family[1:].tolist()) for family in families(pairs, 15)]
    assert set(exact[:, 1].tolist()).isdisjoint(near[:, 1].tolist())
    assert set(exact[:, 1].tolist()) | set(near[:, 1].tolist()) == set().union(*later)
    assert (near[:, 0] < near[:, 1]).all()
