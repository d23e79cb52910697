"""Open one sound safely and stream its samples.

Only WAV, FLAC, OGG (Vorbis, Opus) and MP3 are opened, told by their first bytes: every other decoder of libsndfile is
attack surface. Rate, channels and length are checked before anything is decoded, and the last sample that the header
promises must be there, so that a header cannot claim memory for sound that does not exist. A stream cut off in OGG
leaves no trace in its header and is read as the shorter sound that it has become.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from whet.data.decode.named_files import named_file
from whet.data.decode.riff import missing_bytes
from whet.data.sources.limits import in_megabytes
from whet.errors import DataError

__all__ = ["SOUND_ENDINGS", "SoundHeader", "mono_blocks", "probe_sound", "sound_path"]

SOUND_ENDINGS = (".wav", ".wave", ".flac", ".ogg", ".oga", ".opus", ".mp3")
MAX_MINUTES = 60
MAX_CHANNELS = 8

_RATES = (1_000, 400_000)  # Hz: from slow sensors to ultrasound
_FORMATS = ("WAV", "WAVEX", "RF64", "FLAC", "OGG", "MP3")
_SUBTYPES = (
    *("PCM_S8", "PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW", "ALAW"),
    *("VORBIS", "OPUS", "MPEG_LAYER_III"),
)
_MARKS = (b"RIFF", b"RIFX", b"RF64", b"fLaC", b"OggS", b"ID3")
_FREE_BYTES = 16 << 20  # decoded, before the ratio counts
_MAX_RATIO = 1000  # decoded bytes from one in the file: speech at 6 kbit/s needs 256, endless silence more
_LARGEST = 1e12  # a sample: floating-point files may hold 32-bit numbers unscaled, but powers must fit float32
_BLOCK = 65_536  # samples a channel decoded at a time


@dataclass(frozen=True, kw_only=True)
class SoundHeader:
    """What the header of a sound promises, once it was checked."""

    num_samples: int  # per channel
    rate: int  # Hz
    channels: int


def sound_path(value: str | None, root: Path | None) -> str:
    """The file that a cell names, which must lie under ``root``, links followed."""
    return named_file(value, root, thing="sound")


def probe_sound(path: str) -> SoundHeader:
    """The checked header.

    Raises:
        DataError: no such file, another format, sizes out of bounds, or less sound than the header promises.
    """
    with _opening(path) as sound:
        header = _checked(sound)
        missing = missing_bytes(path)
        if missing:
            raise DataError(f"the file is cut off: {missing:,} bytes of sound are missing")
        if sound.seek(header.num_samples - 1) < 0 or len(sound.read(1)) == 0:
            raise DataError(f"the file is cut off, or its header lies about {header.num_samples:,} samples")
        _check_growth(4 * header.num_samples, os.path.getsize(path))
        return header


def mono_blocks(path: str, header: SoundHeader) -> Iterator[np.ndarray]:
    """(n,) float32 pieces of the mean over the channels, together ``header.num_samples``; values are not clipped.

    Raises:
        DataError: the sound breaks off early, has changed since it was probed, or holds NaN or infinite values.
    """
    left = header.num_samples
    with _opening(path) as sound:
        if _checked(sound) != header:
            raise DataError("the file has changed while it was read")
        while left:
            block = sound.read(min(_BLOCK, left), dtype="float32", always_2d=True)
            if len(block) == 0:
                raise DataError(f"the sound breaks off {left / header.rate:.3g} s before its end")
            if not (np.abs(block) <= _LARGEST).all():  # NaN fails every comparison
                raise DataError("it holds samples that are NaN, infinite or beyond 1e12; save it again as 16 bits")
            left -= len(block)
            yield block[:, 0] if block.shape[1] == 1 else block.mean(axis=1)


def _check_growth(unpacked: int, packed: int) -> None:
    if unpacked > _FREE_BYTES and unpacked > _MAX_RATIO * packed:
        raise DataError(
            f"{in_megabytes(packed)} in the file grow to {in_megabytes(unpacked)}, as in a file made to fill memory; "
            "save it again as plain WAV"
        )


@contextmanager
def _opening(path: str) -> Iterator[soundfile.SoundFile]:
    """libsndfile's own messages name absolute paths or nothing, so each becomes one sentence without."""
    if not os.path.isfile(path):  # also keeps pipes and devices from being opened, which would hang
        raise DataError("there is no such file")
    _check_mark(path)
    try:
        with soundfile.SoundFile(path) as sound:
            yield sound
    except soundfile.LibsndfileError as error:
        said = error.error_string.strip().rstrip(".")
        raise DataError(f"it is damaged or cut off{f' ({said})' if said else ''}") from error


def _check_mark(path: str) -> None:
    with open(path, "rb") as file:
        first = file.read(4)
    if not first:
        raise DataError("the file is empty")
    is_mp3 = len(first) >= 2 and first[0] == 0xFF and first[1] & 0xE0 == 0xE0  # the sync word of an MPEG frame
    if not is_mp3 and not first.startswith(_MARKS):
        raise DataError(f"it begins with {first!r}, which is no WAV, FLAC, OGG or MP3")


def _checked(sound: soundfile.SoundFile) -> SoundHeader:
    if sound.format not in _FORMATS or sound.subtype not in _SUBTYPES:
        raise DataError(f"{sound.format} holding {sound.subtype} is not read; save it as plain WAV or FLAC")
    if not 1 <= sound.channels <= MAX_CHANNELS:
        raise DataError(f"{sound.channels} channels are more than the {MAX_CHANNELS} allowed")
    if not _RATES[0] <= sound.samplerate <= _RATES[1]:
        raise DataError(f"a rate of {sound.samplerate:,} Hz is outside {_RATES[0]:,} to {_RATES[1]:,} Hz")
    if sound.frames <= 0:
        raise DataError("it holds no sound: its length is zero")
    if sound.frames > MAX_MINUTES * 60 * sound.samplerate:
        raise DataError(
            f"its header says {sound.frames / sound.samplerate / 60:,.4g} minutes or nothing of its length; at most "
            f"{MAX_MINUTES} are read. Cut it into pieces, or save it again"
        )
    return SoundHeader(num_samples=sound.frames, rate=sound.samplerate, channels=sound.channels)
