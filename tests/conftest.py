"""Tiny data and one small finished run that several tests look at."""

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import settings

# the same examples each time: a check that fails today must not pass tomorrow
settings.register_profile("whet", derandomize=True, deadline=None, database=None)
settings.load_profile("whet")


@pytest.fixture(autouse=True, scope="session")
def one_thread():
    """Parallel test workers must not fight for cores."""
    torch.set_num_threads(1)


def small_table(num=240, seed=0):
    """Two informative numbers, one category, a yes/no answer with 10 % noise."""
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=num), rng.normal(size=num)
    colour = rng.choice(["red", "green", "blue"], size=num)
    answer = (a + b + (colour == "red") + 0.5 * rng.normal(size=num)) > 0.3
    return pd.DataFrame({"a": a, "b": b, "colour": colour, "answer": np.where(answer, "yes", "no")})


@pytest.fixture(scope="session")
def table_run(tmp_path_factory):
    """(run, folder of the CSV files): train.csv was improved, fresh.csv was not seen."""
    import whet

    folder = tmp_path_factory.mktemp("table")
    small_table().to_csv(folder / "train.csv", index=False)
    small_table(80, seed=1).to_csv(folder / "fresh.csv", index=False)
    run = whet.improve(folder / "train.csv", target="answer", budget=None, epochs=2, out=folder / "run", seed=0)
    return run, folder
