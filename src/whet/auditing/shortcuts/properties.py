"""The plain properties of examples of any kind, for saying what a group of them has in common."""

from __future__ import annotations

import numpy as np

from whet.auditing.inspection import Inspection
from whet.auditing.shortcuts.example_property import Property
from whet.auditing.shortcuts.picture_properties import picture_properties
from whet.auditing.shortcuts.text_properties import text_properties
from whet.auditing.shortcuts.wave_properties import sound_properties, wave_properties
from whet.data.columns import AudioColumn, SeriesColumn
from whet.data.kinds import Modality
from whet.data.texts import joined_texts

__all__ = ["properties_of"]


def properties_of(inspection: Inspection, positions: np.ndarray) -> list[Property]:
    """Properties of the training examples at ``positions``; none for tables, whose columns speak for themselves."""
    columns = inspection.data.columns.values()
    match inspection.modality:
        case Modality.IMAGE:
            return picture_properties(inspection, positions)
        case Modality.TEXT:
            return text_properties(joined_texts(inspection.data, positions))
        case Modality.SERIES:
            return wave_properties(next(c for c in columns if isinstance(c, SeriesColumn)), positions)
        case Modality.AUDIO:
            return sound_properties(next(c for c in columns if isinstance(c, AudioColumn)), positions)
        case _:
            return []
