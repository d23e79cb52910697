"""How many numbers the weights of an ONNX file hold, read from its protocol buffer without another package.

Field numbers are those of onnx.proto: ModelProto.graph 7, GraphProto.initializer 5, TensorProto.dims 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

__all__ = ["count_weights"]

GRAPH, INITIALIZER, DIMS = 7, 5, 1
VARINT, LONG, BYTES, SHORT = 0, 1, 2, 5  # kinds of fields


def count_weights(content: bytes) -> int:
    """The sum over the graph's initialisers of the product of their sizes."""
    return sum(
        prod(_dims(tensor))
        for graph in _messages(memoryview(content), GRAPH)
        for tensor in _messages(graph, INITIALIZER)
    )


def _messages(buffer: memoryview, number: int) -> Iterator[memoryview]:
    return (value for found, value in _fields(buffer) if found == number and isinstance(value, memoryview))


def _dims(tensor: memoryview) -> list[int]:
    """One field per axis, or all of them packed into one."""
    sizes: list[int] = []
    for number, value in _fields(tensor):
        if number == DIMS and isinstance(value, int):
            sizes.append(value)
        elif number == DIMS and isinstance(value, memoryview):
            place = 0
            while place < len(value):
                size, place = _varint(value, place)
                sizes.append(size)
    return sizes


def _fields(buffer: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    place = 0
    while place < len(buffer):
        key, place = _varint(buffer, place)
        number, kind = key >> 3, key & 7
        if kind == VARINT:
            value, place = _varint(buffer, place)
            yield number, value
            continue
        if kind == BYTES:
            size, place = _varint(buffer, place)
        else:
            size = 8 if kind == LONG else 4
        yield number, buffer[place : place + size]
        place += size


def _varint(buffer: memoryview, place: int) -> tuple[int, int]:
    """The number at ``place`` and where the next field begins.

    >>> _varint(memoryview(bytes([0xAC, 0x02])), 0)
    (300, 2)
    """
    value = shift = 0
    while True:
        byte = buffer[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return value, place
