"""Examples that count less: trees take the weights, estimators that cannot say so."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from whet.auditing.opening import open_inspection
from whet.errors import ConfigError
from whet.recipe import Recipe
from whet.training.estimator import fit_estimator
from whet.training.fitted import FitSetting


@pytest.fixture(scope="module")
def contradicting():
    """Every x comes with both labels; the second half of the rows hardly counts."""
    x = np.tile(np.linspace(0, 1, 100), 2)
    label = np.concatenate([np.where(x[:100] > 0.5, "high", "low"), np.where(x[100:] > 0.5, "low", "high")])
    inspection = open_inspection(pd.DataFrame({"x": x, "label": label}), target="label")
    return inspection, replace(inspection.data, weights=np.repeat([1.0, 0.05], 100))


def fitted(name, target, data):
    return fit_estimator(Recipe(architecture=name), target, data, None, setting=FitSetting(num_threads=1)).fitted


def test_trees_believe_the_examples_that_count(contradicting):
    inspection, weighted = contradicting
    codes = inspection.target.encode(weighted.target)[:100]
    scores = fitted("boosted_trees", inspection.target, weighted).scores(weighted.take(np.arange(100)))
    assert (scores.argmax(axis=1) == codes).mean() > 0.95


def test_an_estimator_that_cannot_weigh_says_so(contradicting):
    inspection, weighted = contradicting
    with pytest.raises(ConfigError, match=r"columns_linear.*count less.*drop_suspected_labels"):
        fitted("columns_linear", inspection.target, weighted)
