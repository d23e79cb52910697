from __future__ import annotations

import pytest
import torch

from whet.augment.augmentation import augmentations, build_augmentation
from whet.augment.word_dropout import WordDropout
from whet.errors import ConfigError
from whet.rng import make_generator


def batch(rows=64, length=12):
    tokens = torch.randint(1, 50, (rows, length), generator=make_generator(0, "tokens"))
    tokens[:, length // 2 :] *= (torch.arange(rows) % 2)[:, None]  # every second text is half as long
    return {"tokens": tokens, "ngrams": tokens + 1, "numbers": torch.ones(rows, 2)}


def apply(augmentation, given, seed=0):
    rows = torch.arange(len(given["tokens"]))
    return augmentation(given, rows=rows, epoch=0, generator=make_generator(seed, "augment"))


def test_zero_probability_returns_the_batch_unchanged():
    given = batch()
    changed = apply(build_augmentation("word_dropout", {"p": 0.0}), given)
    assert all(changed[name] is given[name] for name in given)


def test_ids_are_kept_or_hidden_and_never_changed_into_others():
    given = batch()
    changed = apply(WordDropout(p=0.5), given)
    for name in ("tokens", "ngrams"):
        assert ((changed[name] == given[name]) | (changed[name] == 0)).all()
    assert changed["numbers"] is given["numbers"]


def test_about_p_of_the_ids_are_hidden():
    given = {"tokens": torch.ones(200, 100, dtype=torch.int64)}
    hidden = (apply(WordDropout(p=0.3), given)["tokens"] == 0).double().mean().item()
    assert abs(hidden - 0.3) < 0.015  # 4.6 standard errors


def test_no_text_loses_all_its_words():
    given = {"tokens": torch.tensor([[5, 0, 0], [5, 6, 0]] * 200)}
    assert (apply(WordDropout(p=0.9), given)["tokens"] != 0).any(dim=1).all()


def test_an_empty_text_stays_empty():
    given = {"tokens": torch.zeros(3, 2, dtype=torch.int64)}
    assert not apply(WordDropout(p=0.5), given)["tokens"].any()


def test_the_batch_given_is_not_written_to():
    given = batch()
    before = given["tokens"].clone()
    apply(WordDropout(p=0.5), given)
    assert given["tokens"].equal(before)


def test_the_same_stream_hides_the_same_words_and_another_stream_others():
    one, two, other = (apply(WordDropout(p=0.5), batch(), seed=s)["tokens"] for s in (0, 0, 1))
    assert one.equal(two)
    assert not one.equal(other)


def test_there_is_one_view_at_prediction_time():
    given = batch()
    assert WordDropout().views(given) == [given]


def test_a_probability_out_of_range_is_refused():
    with pytest.raises(ConfigError, match=r"WordDropout\.p must be in \[0, 1\); got 1\.0"):
        augmentations["word_dropout"](p=1.0)
