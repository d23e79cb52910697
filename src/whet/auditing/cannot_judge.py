"""What a check raises when it applies but cannot say anything."""

from whet.errors import WhetError

__all__ = ["CannotJudgeError"]


class CannotJudgeError(WhetError):
    """The reason, for people: "needs 200 examples; there are 31". The audit reports it and goes on."""
