import pytest
from hypothesis import given
from hypothesis import strategies as st

from whet.budget import parse_budget
from whet.errors import ConfigError
from whet.improving.options import Options


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("5m", 300), ("1h30m", 5400), ("45", 45), ("1.5m", 90)])
def test_durations_are_read(text, seconds):
    assert parse_budget(text) == seconds


@pytest.mark.parametrize("text", ["", "five", "5 parsecs", "-3m", "5mm"])
def test_what_is_no_duration_is_refused_with_an_example(text):
    with pytest.raises(ConfigError, match="90s, 5m"):
        parse_budget(text)


def test_a_run_needs_a_budget_or_epochs():
    with pytest.raises(ConfigError, match="--budget 5m"):
        Options(budget_s=None)
    assert Options(budget_s=None, epochs=3).epochs == 3


@given(seed=st.integers(0, 2**31), epochs=st.floats(0.1, 100))
def test_options_survive_a_round_trip(seed, epochs):
    options = Options(seed=seed, epochs=epochs, types={"zip": "category"})
    assert Options.from_dict(options.to_dict()) == options


def test_an_unknown_option_names_the_nearest():
    with pytest.raises(ConfigError, match="budget_s"):
        Options.from_dict({"budgets": 3})
