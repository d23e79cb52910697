"""Near-duplicate sounds: one recording saved again at another rate or volume, re-encoded, with a little noise, trimmed.

The log-mel spectrogram up to the telephone band, volume removed, averaged on a grid that is laid on the middle and the
spread of the sound's energy, finds candidates: trimmed silence moves neither. The samples themselves decide: at 8 kHz
and at the best shift they must correlate at 0.95, and at 0.7 once differenced, which a shared hum does not survive.
Two takes of one spoken digit by one speaker reached 0.93. Copies played faster, mixed or through a room are missed.
Source: after Haitsma & Kalker, "A highly robust audio fingerprinting system", ISMIR 2002; differs: one grid a sound
instead of bits a frame, because the question is whether whole examples are copies, not excerpts.
"""

from __future__ import annotations

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft
from scipy.signal import resample_poly

from whet.data.columns import AudioColumn
from whet.data.log_mel import averages_between, log_mel
from whet.data.near.vectors import close_pairs, equal_pairs, row_hashes

__all__ = ["audio_pairs"]

_RADIUS = 0.4  # between unit signatures: 20 ms cut from a word of 0.3 s moves it by up to 0.35
_BANDS = 28  # of 40: up to 3.7 kHz, which 8 kHz files and telephone codecs still carry
_GRID = 12  # stretches of time
_REACH = 1.8  # standard deviations of the energy's place, to both sides of its middle
_RANGE_DB = 25.0  # below the loudest; deeper parts are where noise differs

_RATE = 8000  # Hz, of the comparison
_LONGEST_S = 5.0  # from the middle of each sound
_LEAST_OVERLAP = 0.8  # of the longer of the two
_CORRELATION, _DIFFERENCED = 0.95, 0.7


def audio_pairs(column: AudioColumn) -> np.ndarray:
    """(P, 2) int64 pairs of examples, exact copies and near ones."""
    num = len(column.rows)
    hashes = np.zeros(num, dtype=np.uint64)
    signatures = np.zeros((num, _GRID * _BANDS // 2), dtype=np.float32)
    for row in range(num):
        wave, rate = _sound(column, row)
        hashes[row] = row_hashes(wave[None])[0]
        signatures[row] = _signature(wave, rate)
    exact = equal_pairs(hashes)
    rest = np.setdiff1d(np.arange(num), exact[:, 1])
    pairs = rest[close_pairs(signatures[rest], _RADIUS)]
    return np.concatenate([exact, pairs[_confirmed(column, pairs)]])


def _sound(column: AudioColumn, row: int) -> tuple[np.ndarray, int]:
    return column.waves(np.array([row]))[0], int(column.rates[column.rows[row]])


def _signature(wave: np.ndarray, rate: int) -> np.ndarray:
    """(G * B / 2,) of unit length: dB on the grid, each two neighbouring bands averaged."""
    hop_s = float(np.clip(len(wave) / rate / 1000, 0.005, 0.025))
    bands = log_mel(wave, rate, hop_s=hop_s)[:, :_BANDS]
    bands = np.maximum(bands - (bands.max() - _RANGE_DB), 0.0)  # (T, B), 0 for all that is quiet
    energy = np.sqrt((10 ** (bands / 10)).sum(axis=1))  # its root, or one loud vowel would be all of the sound
    place = np.arange(len(bands))
    middle = float((energy * place).sum() / energy.sum())
    spread = float(np.sqrt((energy * (place - middle) ** 2).sum() / energy.sum())) + 1.0  # frame: never 0
    edges = np.linspace(middle - _REACH * spread, middle + _REACH * spread, _GRID + 1) + 0.5
    grid = averages_between(bands, edges).reshape(_GRID, -1, 2).mean(axis=2)
    grid = (grid - grid.mean()).ravel()
    return np.asarray(grid / max(float(np.linalg.norm(grid)), 1e-6))


def _confirmed(column: AudioColumn, pairs: np.ndarray) -> np.ndarray:
    """(P,) bool: the samples agree at some shift."""
    agree = np.zeros(len(pairs), dtype=bool)
    held: tuple[int, np.ndarray] = (-1, np.zeros(0))  # neighbours share their left side, resampled once
    for number in np.argsort(pairs[:, 0], kind="stable").tolist():
        left, right = pairs[number].tolist()
        if held[0] != left:
            held = left, _comparable(*_sound(column, left))
        agree[number] = _is_copy(held[1], _comparable(*_sound(column, right)))
    return agree


def _comparable(wave: np.ndarray, rate: int) -> np.ndarray:
    """The middle of the sound at 8 kHz, (samples,) float64 with mean 0."""
    most = round(_LONGEST_S * rate)
    start = max(0, (len(wave) - most) // 2)
    middle = np.asarray(wave[start : start + most], dtype=np.float64)
    shared = np.gcd(rate, _RATE)
    if rate != _RATE:
        middle = resample_poly(middle, _RATE // shared, rate // shared)
    return np.asarray(middle - middle.mean())


def _is_copy(left: np.ndarray, right: np.ndarray) -> bool:
    """Whether both correlate once shifted on each other; a turned sign (swapped wires) is a copy too."""
    longer = max(len(left), len(right))
    most = int((1 - _LEAST_OVERLAP) * longer)
    if min(len(left), len(right)) < longer - most:
        return False
    size = next_fast_len(len(left) + len(right), real=True)
    products = irfft(rfft(left, size) * np.conj(rfft(right, size)), size)
    shifts = np.arange(-most, most + 1)
    shift = int(shifts[np.abs(products[shifts]).argmax()])
    left, right = left[max(0, shift) :], right[max(0, -shift) :]
    num = min(len(left), len(right))
    left, right = left[:num], right[:num]
    return _correlation(left, right) >= _CORRELATION and _correlation(np.diff(left), np.diff(right)) >= _DIFFERENCED


def _correlation(left: np.ndarray, right: np.ndarray) -> float:
    lengths = float(np.linalg.norm(left) * np.linalg.norm(right))
    return abs(float(left @ right)) / lengths if lengths > 1e-9 else 0.0
