"""The contract suite: what any architecture must keep, Whet's own and yours.

from whet.testing import check_architecture
check_architecture(MyNetwork)          # a class registered in whet.models.architecture.architectures, or its name
"""

from whet.testing.architecture import ARCHITECTURE_CHECKS, check_architecture

__all__ = ["ARCHITECTURE_CHECKS", "check_architecture"]
