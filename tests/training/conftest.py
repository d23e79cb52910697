from __future__ import annotations

import pytest
from training_world import PlainEncoder

from whet.data.encoders.encoder import encoders


@pytest.fixture(autouse=True)
def _plain_encoder(monkeypatch):
    """Tables go through the trivial encoder, so that these tests depend on no other room."""
    monkeypatch.setitem(encoders._items, "table", PlainEncoder)
