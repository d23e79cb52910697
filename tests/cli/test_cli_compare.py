"""compare, advise and models as a user types them."""

import json

import numpy as np
import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from whet.cli.commands import advise, compare, models
from whet.errors import ConfigError

app = typer.Typer()
for command in (compare, advise, models):
    command.add_to(app)


def whet(*arguments):
    return CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False)


@pytest.fixture
def table(tmp_path):
    rng = np.random.default_rng(0)
    a = rng.normal(size=150)
    frame = pd.DataFrame({"a": a, "b": rng.normal(size=150), "answer": np.where(a > 0, "yes", "no")})
    frame.to_csv(tmp_path / "t.csv", index=False)
    return tmp_path / "t.csv"


def test_compare_prints_one_json_document_and_nothing_else(table, tmp_path):
    done = whet(
        *("compare", table, "--target", "answer", "--families", "majority,linear", "--budget", "6s"),
        *("--out", tmp_path / "out", "--repeats", "1", "--json"),
    )
    assert done.exit_code == 0
    found = json.loads(done.stdout)
    assert [r["family"] for r in found["rows"]] == ["linear", "majority"]
    assert "candidates" in done.stderr  # progress goes there
    assert (tmp_path / "out" / "comparison.html").is_file()


def test_compare_prints_a_table_and_the_advice(table, tmp_path):
    options = ("--families", "majority,linear", "--budget", "6s", "--repeats", "1")
    done = whet("compare", table, "--target", "answer", "--out", tmp_path / "o", *options)
    assert "columns linear" in done.stdout
    assert "scored best" in done.stdout
    assert "comparison.html" in done.stdout


def test_compare_names_the_families_that_fit(table, tmp_path):
    with pytest.raises(ConfigError, match=r"those that have: .*trees"):
        whet("compare", table, "--target", "answer", "--families", "cnn", "--out", tmp_path / "o")


def test_advise_says_what_fits_and_keeps_its_hands_off_the_folder(table, tmp_path):
    before = sorted(tmp_path.iterdir())
    found = json.loads(whet("advise", table, "--target", "answer", "--json").stdout)
    verdicts = {v["family"]: v for v in found["verdicts"]}
    assert verdicts["linear"]["verdict"] == "fits"
    assert all(v["why"] for v in found["verdicts"])
    assert len(found["look"]["curve"]) == 3
    assert sorted(tmp_path.iterdir()) == before


def test_models_lists_all_and_shows_one():
    listed = json.loads(whet("models", "--modality", "table", "--json").stdout)["models"]
    assert {"tabm", "boosted_trees"} <= {m["name"] for m in listed}
    shown = whet("models", "boosted_trees").stdout
    assert "use it for: nearly every table" in shown
    assert "setting num_leaves: 31" in shown
    assert "minirocket_ridge" in whet("models", "--modality", "series").stdout
    with pytest.raises(ConfigError, match="Did you mean 'tabm'"):
        whet("models", "tabn")
