from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest

from whet.data.columns import TextColumn
from whet.data.dataset import Dataset
from whet.data.encoders.encoder import encoders
from whet.data.encoders.ngrams import NgramHasher, NgramTable
from whet.data.encoders.ragged import RaggedWriter
from whet.data.encoders.text import TextEncoder
from whet.data.kinds import Kind, Modality
from whet.data.schema import Column, Schema
from whet.data.texts import joined_texts
from whet.errors import ConfigError, DataError

TEXTS = ["Who wrote the book ?", "the book was good", "", "Good, good book!", "wer schrieb das Büchlein ?", "   "]


def text_column(texts):
    raw = [t.encode() for t in texts]
    offsets = np.cumsum([0, *map(len, raw)]).astype(np.int64)
    return TextColumn(np.frombuffer(b"".join(raw), np.uint8), offsets, np.arange(len(raw)))


def text_dataset(*columns):
    names = [f"text{i}" for i in range(len(columns))]
    features = tuple(Column(name=n, kind=Kind.TEXT) for n in names)
    return Dataset(
        schema=Schema(modality=Modality.TEXT, features=features),
        columns={n: text_column(c) for n, c in zip(names, columns)},
        rows=np.arange(len(columns[0])),
        fingerprint="tiny",
        origin="tiny",
    )


def same(a, b):
    return all(np.array_equal(a.parts[n].flat, b.parts[n].flat) for n in a.parts) and all(
        np.array_equal(a.parts[n].offsets, b.parts[n].offsets) for n in a.parts
    )


ALL_SETTINGS = [
    {},
    {"tokenizer": "bpe", "vocab_size": 60},
    {"min_piece": 2, "max_piece": 4, "word_ngrams": 3, "min_count": 2},
]


@pytest.mark.parametrize("settings", ALL_SETTINGS)
def test_a_restored_encoder_encodes_bit_for_bit_alike(settings):
    dataset = text_dataset(TEXTS)
    encoder = encoders["text"].fit(dataset, settings, seed=0)
    again = TextEncoder.from_state(encoder.state())
    assert same(encoder.encode(dataset), again.encode(dataset))
    assert again.spec == encoder.spec


@pytest.mark.parametrize("settings", ALL_SETTINGS)
def test_ids_stay_inside_the_sizes_that_the_spec_declares(settings):
    dataset = text_dataset(TEXTS)
    encoder = TextEncoder.fit(dataset, settings, seed=0)
    inputs = encoder.encode(text_dataset(["unseen wörds 🙂", *TEXTS]))
    assert inputs.parts["tokens"].flat.min() >= 1
    assert inputs.parts["tokens"].flat.max() < encoder.spec.vocab_size
    assert inputs.parts["ngrams"].flat.max() < encoder.spec.num_buckets


def test_fitting_twice_gives_the_same_state():
    one, two = (TextEncoder.fit(text_dataset(TEXTS), {"tokenizer": "bpe", "vocab_size": 50}, seed=s) for s in (0, 1))
    assert one.state().config == two.state().config


def test_row_order_and_companions_do_not_change_a_texts_ids():
    encoder = TextEncoder.fit(text_dataset(TEXTS), {}, seed=0)
    whole, order = encoder.encode(text_dataset(TEXTS)), np.array([3, 0])
    alone = encoder.encode(text_dataset([TEXTS[i] for i in order]))
    for name in ("tokens", "ngrams"):
        assert whole.parts[name].take(order).gather(np.arange(2)).equal(alone.parts[name].gather(np.arange(2)))


def test_empty_texts_and_no_texts_encode():
    encoder = TextEncoder.fit(text_dataset(["", ""]), {}, seed=0)
    inputs = encoder.encode(text_dataset(["", "words never seen"]))
    assert inputs.parts["tokens"].gather(np.arange(2)).tolist() == [[0, 0, 0], [1, 1, 1]]
    assert len(encoder.encode(text_dataset([]))) == 0


def test_a_word_training_never_saw_is_unknown_as_token_and_absent_as_n_gram():
    encoder = TextEncoder.fit(text_dataset(["good film", "good film"]), {"word_ngrams": 1}, seed=0)
    inputs = encoder.encode(text_dataset(["good xylophone film", "good film"]))
    tokens, ngrams = (inputs.parts[n].gather(np.arange(2)) for n in ("tokens", "ngrams"))
    assert tokens[0, 1] == 1
    assert ngrams[0].tolist() == ngrams[1].tolist()


def test_texts_are_cut_at_max_tokens_and_max_words():
    long = "word " * 50
    encoder = TextEncoder.fit(text_dataset([long]), {"max_tokens": 7, "max_words": 5, "word_ngrams": 1}, seed=0)
    inputs = encoder.encode(text_dataset([long]))
    assert [inputs.parts[n].gather(np.arange(1)).shape[1] for n in ("tokens", "ngrams")] == [7, 5]
    assert encoder.spec.max_tokens == 7


def test_several_text_columns_are_read_together():
    assert joined_texts(text_dataset(["a", "b"], ["c", ""])) == ["a\nc", "b\n"]


def test_a_dataset_without_text_is_an_error_that_names_its_columns():
    schema = Schema(modality=Modality.TEXT, features=(Column(name="age", kind=Kind.NUMBER),))
    with pytest.raises(DataError, match=r"tiny has no text column to read; its columns are 'age' \(number\)"):
        joined_texts(replace(text_dataset(["x"]), schema=schema))


def test_settings_are_checked_together_and_unknown_ones_get_a_hint():
    with pytest.raises(
        ConfigError, match=r"vocab_size must be at least 3; got 1.*word_ngrams must be in 1 to 5; got 9"
    ):
        TextEncoder.fit(text_dataset(TEXTS), {"vocab_size": 1, "word_ngrams": 9}, seed=0)
    with pytest.raises(ConfigError, match="Did you mean 'max_tokens'"):
        TextEncoder.fit(text_dataset(TEXTS), {"max_token": 4}, seed=0)


def test_a_part_that_outgrows_memory_reads_the_same_from_disk(tmp_path):
    blocks = [(np.arange(5), np.array([2, 0, 3])), (np.arange(4), np.array([4]))]
    kept, spilled = RaggedWriter(), RaggedWriter(tmp_path / "scratch", memory_limit_bytes=8)
    for writer in (kept, spilled):
        for ids, lengths in blocks:
            writer.add(ids, lengths)
    one, two = kept.part(), spilled.part()
    assert isinstance(two.flat, np.memmap)
    assert one.gather(np.arange(4)).equal(two.gather(np.arange(4)))


def test_hashes_equal_a_plain_loop_over_words():
    hasher = NgramHasher(word_ngrams=2)
    hashes, lengths = hasher.hashes(["a b", "c", "a b"])
    assert lengths.tolist() == [7, 5, 7]  # with both markers: 4 words + 3 pairs, 3 words + 2 pairs
    assert np.array_equal(hashes[:7], hashes[12:])  # the same text, the same hashes
    assert len(np.unique(hashes)) == 10  # <s> a b </s> c, and <s>a ab b</s> <s>c c</s>


def test_hashes_are_the_same_in_every_version_and_process():
    hashes, _ = NgramHasher(word_ngrams=2, pieces=(2, 2)).hashes(["ab"])
    assert int(np.bitwise_xor.reduce(hashes)) == 15717145647239753534


def test_pairs_know_their_order_and_never_cross_texts():
    hasher = NgramHasher(word_ngrams=2)
    forward, backward = hasher.hashes(["a b"])[0], hasher.hashes(["b a"])[0]
    assert not np.array_equal(np.sort(forward), np.sort(backward))
    together, lengths = hasher.hashes(["a", "b"])
    assert np.array_equal(together[: lengths[0]], hasher.hashes(["a"])[0])


def test_the_table_keeps_the_most_frequent_and_numbers_them_from_one():
    block = np.array([7, 7, 7, 3, 3, 9], dtype=np.uint64)
    table = NgramTable.fit([block[:4], block[4:]], num_ids=3, min_count=1)
    assert table.seen.tolist() == [3, 7]
    ids, lengths = table.ids(np.array([9, 7, 3, 8], dtype=np.uint64), np.array([2, 2]))
    assert ids.tolist() == [2, 1]
    assert lengths.tolist() == [1, 1]
    assert NgramTable.fit([block], num_ids=9, min_count=2).seen.tolist() == [3, 7]


def test_encoding_time_grows_in_line_with_the_number_of_texts():
    rng = np.random.default_rng(0)
    texts = [" ".join(f"w{i}" for i in rng.zipf(1.5, 20) % 5000) for _ in range(2000)]
    dataset = text_dataset(texts)
    encoder = TextEncoder.fit(dataset, {}, seed=0)
    begin = time.process_time()
    encoder.encode(dataset)
    assert time.process_time() - begin < 4.0  # 0.1 s on a quiet core: only a per-example disaster fails
