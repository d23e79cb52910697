"""Why a model says what it says: per example, and for the columns of a table."""

from whet.explaining.explainer import explain
from whet.explaining.explanation import Explanation
from whet.explaining.permutation import Importance, permutation_importance

__all__ = ["Explanation", "Importance", "explain", "permutation_importance"]
