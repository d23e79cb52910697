"""Every test of a cure starts from the same random state, whatever ran before it."""

import pytest

from whet.rng import drawing_globally


@pytest.fixture(autouse=True)
def one_start():
    """For networks that a test builds as their author would, without a seed."""
    with drawing_globally(0, "tests of cures"):
        yield
