"""Tiny made-up data of every modality, with a signal that any model can find."""

from __future__ import annotations

from typing import Literal

import numpy as np
import torch

import whet.data.encoders  # noqa: F401  (fills the registry)
from whet.data.columns import (
    AudioColumn,
    CategoryColumn,
    ColumnData,
    ImageColumn,
    NumberColumn,
    SeriesColumn,
    TextColumn,
)
from whet.data.dataset import Dataset
from whet.data.encoders.encoder import encoder_for
from whet.data.inputs import Batch, InputSpec
from whet.data.kinds import Kind, Modality
from whet.data.schema import Column, Schema
from whet.tasks.classes import ClassTarget
from whet.tasks.number import NumberTarget
from whet.tasks.target import Target

__all__ = ["CLASSES", "encoded", "same", "some", "target_of", "tiny"]

CLASSES = ("low", "mid", "top")


def tiny(modality: Modality, kind: Literal["classes", "number"] = "classes", *, n: int = 48, seed: int = 0) -> Dataset:
    """``n`` examples; the first three hold one of each class."""
    rng = np.random.default_rng([seed, n])
    codes = np.concatenate([np.arange(3), rng.integers(0, 3, n - 3)])
    columns, features = {
        Modality.IMAGE: _image,
        Modality.TEXT: _text,
        Modality.TABLE: _table,
        Modality.SERIES: _series,
        Modality.AUDIO: _sound,
    }[modality](codes, rng)
    labels = np.array([CLASSES[c] for c in codes], dtype=object)
    values = 10.0 * codes + rng.normal(size=n)
    return Dataset(
        schema=Schema(modality=modality, features=features, target="y", target_is_number=kind == "number"),
        columns=columns,
        target=labels if kind == "classes" else values,
        rows=np.arange(n),
        fingerprint=f"{modality}-{n}-{seed}",
        origin="made in the test",
    )


def target_of(dataset: Dataset) -> Target:
    """The target encoding of the tiny data."""
    assert dataset.target is not None, "the tiny data have targets"
    fit = NumberTarget.fit if dataset.schema.target_is_number else ClassTarget.fit
    return fit(dataset.target)


def encoded(modality: Modality, *, n: int = 48) -> tuple[InputSpec, Batch]:
    """The encoder's spec and all ``n`` examples as one batch."""
    dataset = tiny(modality, n=n)
    encoder = encoder_for(modality).fit(dataset, {}, seed=0)
    return encoder.spec, encoder.encode(dataset).batch(np.arange(n))


def some(batch: Batch, rows: slice) -> Batch:
    """A part of the batch."""
    return {name: tensor[rows] for name, tensor in batch.items()}


def same(a: Batch, b: Batch) -> bool:
    """Equal bit for bit."""
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


Made = tuple[dict[str, ColumnData], tuple[Column, ...]]


def _image(codes: np.ndarray, rng: np.random.Generator) -> Made:
    pixels = rng.integers(0, 80, (len(codes), 12, 12, 3), dtype=np.uint8)
    for picture, code in zip(pixels, codes):  # a bar: lying, standing, or none
        if code == 0:
            picture[4:7] = 220
        elif code == 1:
            picture[:, 4:7] = 220
    return {"image": ImageColumn(pixels, np.arange(len(codes)))}, (
        Column(name="image", kind=Kind.IMAGE, image_size=(12, 12, 3)),
    )


def _text(codes: np.ndarray, rng: np.random.Generator) -> Made:
    words = np.array(["ship", "tea", "road", "lamp", "green", "seven", "often", "walk"])
    marks = np.array(["awful", "fair", "great"])
    texts = [" ".join([*rng.choice(words, rng.integers(3, 9)), marks[c], *rng.choice(words, 2)]) for c in codes]
    encoded_texts = [t.encode() for t in texts]
    flat = np.frombuffer(b"".join(encoded_texts), dtype=np.uint8)
    offsets = np.concatenate([[0], np.cumsum([len(t) for t in encoded_texts])]).astype(np.int64)
    return {"text": TextColumn(flat, offsets, np.arange(len(codes)))}, (Column(name="text", kind=Kind.TEXT),)


def _table(codes: np.ndarray, rng: np.random.Generator) -> Made:
    n = len(codes)
    size = codes + 0.2 * rng.normal(size=n)
    noise = rng.normal(size=n)
    noise[3] = np.nan
    colours = ("blue", "green", "red")
    colour = rng.integers(-1, 3, n).astype(np.int32)
    columns: dict[str, ColumnData] = {
        "size": NumberColumn(size),
        "noise": NumberColumn(noise),
        "colour": CategoryColumn(colour, colours),
    }
    return columns, (
        Column(name="size", kind=Kind.NUMBER),
        Column(name="noise", kind=Kind.NUMBER),
        Column(name="colour", kind=Kind.CATEGORY, labels=colours),
    )


def _series(codes: np.ndarray, rng: np.random.Generator) -> Made:
    time = np.arange(40) / 40
    waves = np.sin(2 * np.pi * (1 + 2 * codes[:, None, None]) * time + rng.uniform(0, 6, (len(codes), 2, 1)))
    values = (waves + 0.1 * rng.normal(size=waves.shape)).astype(np.float32)
    return {"series": SeriesColumn(values, np.arange(len(codes)))}, (
        Column(name="series", kind=Kind.SERIES, series_shape=(2, 40)),
    )


def _sound(codes: np.ndarray, rng: np.random.Generator) -> Made:
    rate, lengths = 8_000, rng.integers(1_200, 2_000, len(codes))
    tones = [
        np.sin(2 * np.pi * 300 * (1 + c) * np.arange(n) / rate + rng.uniform(0, 6)) for c, n in zip(codes, lengths)
    ]
    waves = [0.3 * (tone + 0.1 * rng.normal(size=len(tone))) for tone in tones]
    flat, num = np.concatenate(waves).astype(np.float32), len(codes)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    rates, channels = np.full(num, rate, np.int32), np.ones(num, np.int8)
    return {"audio": AudioColumn(flat, offsets, rates, channels, np.arange(num))}, (
        Column(name="audio", kind=Kind.AUDIO),
    )
