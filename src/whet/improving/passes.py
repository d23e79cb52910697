"""How often a training saw the data before its time was over, and what may be concluded from that."""

from __future__ import annotations

from whet.improving.session import Session
from whet.improving.shares import LARGE, Shares

__all__ = ["ends_by_clock", "is_far_from_end", "is_glimpse"]

FAR = 8.0  # times as long as the incumbent's training


def ends_by_clock(session: Session) -> bool:
    """Did the incumbent stop because its seconds were over, before its epochs were."""
    length = session.incumbent[0].recipe.length
    return length.seconds is not None and (length.epochs is None or session.incumbent[0].epochs < 0.9 * length.epochs)


def is_glimpse(session: Session) -> bool:
    """Has the incumbent seen the data so few times that what helps it need not help a longer training.

    Rates, sizes and regularisation that suit one pass are others than those that suit ten.
    """
    return bool(session.incumbent) and ends_by_clock(session) and session.incumbent[0].epochs < Shares().glimpse_epochs


def is_far_from_end(session: Session, *, left_s: float) -> bool:
    """Will the long training of large data, in ``left_s``, be so much longer that short ones say little about it.

    On CIFAR-10 with 30 minutes looks of 24 s said that a wider network loses ten points; the long training, of 830 s,
    gains from one four times as wide.
    """
    if len(session.prepared.data) < LARGE or not ends_by_clock(session):
        return False
    return left_s >= FAR * session.incumbent[0].seconds / session.arena.num_parts
