"""How good it is: metrics, intervals, calibration, slices. Importing the room files every metric in the registry."""

from whet.evaluation import metrics as _registered  # noqa: F401  so that `whet.evaluation.metric.metrics` is complete
