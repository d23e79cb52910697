"""Words, word pairs and, if wanted, pieces of words as ids: what a bag-of-n-grams model reads.

Every n-gram has a 64-bit hash that is the same in every process. The n-grams of the training texts keep their hash
in a sorted table and their rank in it is their id, so that distinct n-grams practically never share one and those
that training never saw are left out instead of borrowing a stranger's embedding.
Source: the features of Joulin et al., "Bag of Tricks for Efficient Text Classification", EACL 2017, and the pieces of
Bojanowski et al., TACL 2017. Differs: a table of seen hashes in place of plain buckets, for the reason above.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from whet.data.texts import split_words

__all__ = ["NgramHasher", "NgramTable"]

_MIX = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9))  # odd constants of splitmix64


@dataclass(frozen=True)
class NgramHasher:
    """Texts -> 64-bit hashes of their n-grams, a block at a time.

    ``max_words``: a longer text is cut there. ``pieces``: shortest and longest word piece in characters, the word's
    ends marked; (0, 0) makes none.
    """

    word_ngrams: int = 2  # longest run of words, 1 to 5
    pieces: tuple[int, int] = (0, 0)
    max_words: int = 1000

    def hashes(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """(hashes on end, uint64) and (texts,) how many belong to each text.

        >>> NgramHasher(word_ngrams=2).hashes(["good", ""])[1].tolist()  # <s> good </s> and two pairs; <s> </s>
        [5, 3]
        """
        words = [split_words(t)[: self.max_words] for t in texts]
        owner = np.repeat(np.arange(len(texts)), [len(w) for w in words])
        known = {word: code for code, word in enumerate(dict.fromkeys(w for text in words for w in text))}
        codes = np.fromiter((known[w] for text in words for w in text), np.int64, len(owner))
        found, owners = self._runs(np.array([_digest(w) for w in known], dtype=np.uint64)[codes], owner)
        if self.pieces[1]:
            parts = [self._pieces(word) for word in known]
            found.append(np.concatenate([np.zeros(0, np.uint64), *(parts[code] for code in codes)]))
            owners.append(np.repeat(owner, np.array([len(p) for p in parts], dtype=np.int64)[codes]))
        all_owners = np.concatenate(owners)
        order = np.argsort(all_owners, kind="stable")
        return np.concatenate(found)[order], np.bincount(all_owners, minlength=len(texts))

    def _runs(self, unigrams: np.ndarray, owner: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
        found, owners, run = [unigrams], [owner], unigrams
        for n in range(2, self.word_ngrams + 1):
            run = _combine(run[:-1], unigrams[n - 1 :])
            inside = owner[: len(run)] == owner[n - 1 :]  # a run never crosses from one text into the next
            found.append(run[inside])
            owners.append(owner[: len(run)][inside])
        return found, owners

    def _pieces(self, word: str) -> np.ndarray:
        marked, (short, long) = f"<{word}>", self.pieces
        spans = [marked[i : i + n] for n in range(short, long + 1) for i in range(len(marked) - n + 1)]
        # A NUL in front keeps the piece "the" apart from the word "the".
        return np.array([_digest("\0" + span) for span in spans], dtype=np.uint64)


@dataclass(frozen=True)
class NgramTable:
    """``seen``: (n-grams,) uint64 hashes in rising order; the id of the i-th is i + 1, 0 pads."""

    seen: np.ndarray

    @classmethod
    def fit(cls, blocks: Iterable[np.ndarray], *, num_ids: int, min_count: int) -> NgramTable:
        """The most frequent ``num_ids - 1`` hashes with at least ``min_count`` occurrences; ties go to the lower."""
        kept, counts = np.zeros(0, np.uint64), np.zeros(0, np.int64)
        pending: list[np.ndarray] = []
        for block in blocks:
            pending.append(block)
            # Merging only when as much is new as is kept makes the total cost n log n.
            if sum(map(len, pending)) > max(1 << 20, len(kept)):
                kept, counts, pending = *_merge(kept, counts, pending), []
        kept, counts = _merge(kept, counts, pending)
        often = np.flatnonzero(counts >= min_count)
        best = often[np.argsort(-counts[often], kind="stable")[: num_ids - 1]]
        return cls(np.sort(kept[best]))

    @property
    def num_ids(self) -> int:
        """Number of ids, padding included."""
        return len(self.seen) + 1

    def ids(self, hashes: np.ndarray, lengths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Hashes on end -> the ids of those in the table on end, and how many are left of each text."""
        place = np.searchsorted(self.seen, hashes)
        known = np.zeros(len(hashes), bool)
        inside = place < len(self.seen)
        known[inside] = self.seen[place[inside]] == hashes[inside]
        owner = np.repeat(np.arange(len(lengths)), lengths)
        return (place[known] + 1).astype(np.int32), np.bincount(owner[known], minlength=len(lengths))


def _merge(kept: np.ndarray, counts: np.ndarray, pending: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    new, times = np.unique(np.concatenate([np.zeros(0, np.uint64), *pending]), return_counts=True)
    merged, where = np.unique(np.concatenate([kept, new]), return_inverse=True)
    return merged, np.bincount(where, np.concatenate([counts, times]), len(merged)).astype(np.int64)


def _digest(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def _combine(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """An order-sensitive 64-bit mix of two arrays of hashes; uint64 arithmetic wraps on purpose."""
    mixed = (left * _MIX[0]) ^ (right + (left >> np.uint64(31)))
    mixed = (mixed ^ (mixed >> np.uint64(30))) * _MIX[1]
    return np.asarray(mixed ^ (mixed >> np.uint64(27)))
