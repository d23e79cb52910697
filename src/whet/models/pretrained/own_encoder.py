"""The preprocessing of a pretraining, pointed at the columns of other data of the same modality."""

from __future__ import annotations

from dataclasses import replace

from whet.data.dataset import Dataset
from whet.data.encoders.encoder import Encoder
from whet.data.encoders.image import ImageEncoder, only_image_column, pictures_of
from whet.data.encoders.series import SeriesEncoder
from whet.data.encoders.series_blocks import SeriesLayout
from whet.errors import BackboneError

__all__ = ["pointed_at"]


def pointed_at(encoder: Encoder, train: Dataset, *, source: str) -> Encoder:
    """``encoder`` for the columns of ``train``; what it has learnt stays.

    Pictures may have another size than those of the pretraining; series are brought to its length. Texts are found by
    their kind, and tables must have the columns of the pretraining.

    Raises:
        BackboneError: another number of channels than in the pretraining.
    """
    if isinstance(encoder, ImageEncoder):
        column = only_image_column(train)
        _, height, width, channels = pictures_of(train, column).pixels.shape
        _check_channels(source, train, channels, encoder.spec.channels)
        return replace(encoder, column=column, spec=replace(encoder.spec, height=height, width=width))
    if isinstance(encoder, SeriesEncoder):
        layout = SeriesLayout.of(train)
        _check_channels(source, train, layout.num_channels, encoder.spec.channels)
        return replace(encoder, layout=replace(layout, length=encoder.layout.length))
    return encoder


def _check_channels(source: str, train: Dataset, found: int, wanted: int) -> None:
    if found != wanted:
        raise BackboneError(
            f"{source} was pretrained on examples with {wanted} channels, but {train.origin} has {found}. "
            "Convert the examples, or pretrain on examples like these."
        )
