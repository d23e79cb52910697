"""Why a model does badly: rules look at a case, probes experiment on copies of it, cures mend it."""

import whet.diagnosis.cures
import whet.diagnosis.rules  # noqa: F401  (both register what they hold)
