"""How often a training saw the data before its time was over, and what may be concluded from that."""

from __future__ import annotations

from whet.improving.session import Session
from whet.improving.shares import Shares

__all__ = ["ends_by_clock", "is_glimpse"]


def ends_by_clock(session: Session) -> bool:
    """Did the incumbent stop because its seconds were over, before its epochs were."""
    length = session.incumbent[0].recipe.length
    return length.seconds is not None and (length.epochs is None or session.incumbent[0].epochs < 0.9 * length.epochs)


def is_glimpse(session: Session) -> bool:
    """Has the incumbent seen the data so few times that what helps it need not help a longer training.

    Rates, sizes and regularisation that suit one pass are others than those that suit ten.
    """
    return bool(session.incumbent) and ends_by_clock(session) and session.incumbent[0].epochs < Shares().glimpse_epochs
