import io

import numpy as np
import pytest
import soundfile
from scipy.signal import lfilter, resample_poly

from whet.data.clusters import near_duplicate_clusters
from whet.data.columns import AudioColumn
from whet.data.dataset import Dataset
from whet.data.kinds import Kind, Modality
from whet.data.near.audio import audio_pairs
from whet.data.schema import Column, Schema

NUM, PLANTED = 60, 20


def column(waves, rates):
    offsets = np.cumsum([0, *map(len, waves)])
    flat = np.concatenate(waves).astype(np.float32)
    return AudioColumn(flat, offsets, np.array(rates, np.int32), np.ones(len(waves), np.int8), np.arange(len(waves)))


def word(seed):
    """A pulse train through two resonances that move, with an onset and an end: something like a spoken syllable."""
    rng = np.random.default_rng(seed)
    num = int(rng.integers(2400, 4000))
    pulses = (np.diff(np.floor(np.cumsum(rng.uniform(100, 140) / 8000 * np.ones(num + 1)))) > 0).astype(float)
    sound = pulses + 0.03 * rng.normal(size=num)
    for part in (slice(0, num // 2), slice(num // 2, num)):
        for hz in (rng.uniform(300, 900), rng.uniform(1000, 2800)):
            sound[part] = lfilter([1], [1, -1.9 * np.cos(2 * np.pi * hz / 8000), 0.9], sound[part])
    sound *= np.hanning(num) ** 0.5
    return 0.5 * sound / np.abs(sound).max()


WORDS = [word(seed) for seed in range(NUM)]


def encoded(wave, **settings):
    buffer = io.BytesIO()
    soundfile.write(buffer, wave, 8000, **settings)
    buffer.seek(0)
    return soundfile.read(buffer)[0], 8000


def noisy(wave):
    noise = np.random.default_rng(0).normal(size=len(wave))
    return wave + noise * wave.std() * 10**-1.5, 8000  # 30 dB below the sound


CHANGES = {
    "nothing": lambda w: (w, 8000),
    "quieter": lambda w: (0.5 * w, 8000),
    "turned in sign": lambda w: (-w, 8000),
    "doubled rate": lambda w: (resample_poly(w, 2, 1), 16_000),
    "other rate": lambda w: (resample_poly(w, 441, 160), 22_050),
    "noise": noisy,
    "trimmed at the start": lambda w: (w[160:], 8000),
    "trimmed at the end": lambda w: (w[:-160], 8000),
    "mp3": lambda w: encoded(w, format="MP3"),
    "ogg": lambda w: encoded(w, format="OGG"),
    "telephone coding": lambda w: encoded(w, format="WAV", subtype="ULAW"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_planted_copies_of_sounds_are_found_and_strangers_left_apart(change):
    copies = [CHANGES[change](w) for w in WORDS[:PLANTED]]
    pairs = audio_pairs(column([*WORDS, *(w for w, _ in copies)], [8000] * NUM + [rate for _, rate in copies]))
    found = {tuple(sorted(p)) for p in pairs.tolist()}
    planted = {(i, NUM + i) for i in range(PLANTED)}
    assert len(found & planted) >= 0.95 * PLANTED
    assert not found - planted


def test_noises_hums_and_silences_are_no_copies_of_each_other():
    rng = np.random.default_rng(0)
    noises = [0.1 * rng.normal(size=4000) for _ in range(10)]
    hum = np.sin(2 * np.pi * 50 * np.arange(4000) / 8000)
    hums = [0.5 * hum + 0.02 * rng.normal(size=4000) for _ in range(10)]
    silences = [np.zeros(n) for n in range(3000, 3010)]
    waves = noises + hums + silences
    assert len(audio_pairs(column(waves, [8000] * len(waves)))) == 0


def test_a_view_is_compared_by_its_own_positions_and_order_does_not_matter():
    whole = column([*WORDS[:10], 0.5 * WORDS[3]], [8000] * 11)
    assert audio_pairs(whole.take(np.array([10, 0, 3]))).tolist() == [[0, 2]]
    assert len(audio_pairs(whole.take(np.arange(10)))) == 0
    assert len(audio_pairs(whole.take(np.array([1])))) == 0


def test_long_recordings_are_compared_by_their_middle():
    long = [np.concatenate([word(s) for s in range(first, first + 30)]) for first in (100, 130, 160)]
    assert audio_pairs(column([*long, 0.7 * long[1][400:]], [8000] * 4)).tolist() == [[1, 3]]


def test_sounds_are_clustered_like_any_other_examples():
    sounds = column([*WORDS[:5], WORDS[2]], [8000] * 6)
    schema = Schema(modality=Modality.AUDIO, features=(Column(name="a", kind=Kind.AUDIO),))
    dataset = Dataset(schema=schema, columns={"a": sounds}, rows=np.arange(6), fingerprint="f", origin="o")
    assert near_duplicate_clusters(dataset).tolist() == [0, 1, 2, 3, 4, 2]
