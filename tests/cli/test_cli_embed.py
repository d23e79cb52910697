"""whet embed, on a tiny saved model and real files."""

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

sys.path.append(str(Path(__file__).parents[1] / "models"))
from pretrained_sources import saved

from whet.cli.commands import embed
from whet.errors import BackboneError, ConfigError

pytest.importorskip("transformers")
APP = typer.Typer()
embed.add_to(APP)
ENDS = ["green ship", "tea", "road awful often", "often", "great lamp walk", "seven ship seven"] * 3
TEXTS = [f"unknown{number} {end}" for number, end in enumerate(ENDS)]  # the body knows the first word of none


@APP.callback()
def whet() -> None:
    """With one command alone typer would not ask for its name."""


@pytest.fixture(scope="module")
def bert(tmp_path_factory):
    return saved("bert", tmp_path_factory.mktemp("bert"))


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "texts.csv"
    pd.DataFrame({"text": TEXTS, "mood": ["good", "bad"] * 9, "size": range(18)}).to_csv(path, index=False)
    return path


def run(*arguments):
    result = CliRunner().invoke(APP, ["embed", *map(str, arguments)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_one_row_per_example_in_every_form_with_the_target(bert, table, tmp_path):
    for form in ("parquet", "csv", "npz"):
        out = tmp_path / f"vectors.{form}"
        said = json.loads(run(table, "--backbone", bert, "--target", "mood", "--out", out, "--json").stdout)
        assert said["licence"] == "mit"
        assert said["dims"] == 16
        if form == "npz":
            with np.load(out) as stored:
                vectors, rows, target = stored["features"], stored["row"], stored["target"]
        else:
            frame = pd.read_parquet(out) if form == "parquet" else pd.read_csv(out)
            assert list(frame.columns) == ["row", *[f"f{i}" for i in range(16)], "target"]
            vectors, rows, target = frame.iloc[:, 1:17].to_numpy(), frame["row"].to_numpy(), frame["target"]
        assert said["rows"] == len(vectors) == len(rows)
        assert set(target) == {"good", "bad"}
        same = [vectors[list(rows).index(r)] for r in (0, 6, 12)]  # the same tokens three times
        np.testing.assert_allclose(same[0], same[1], atol=1e-5)
        np.testing.assert_allclose(same[0], same[2], atol=1e-5)
    assert pd.read_parquet(tmp_path / "vectors.parquet")["f0"].dtype == np.float32


def test_without_a_target_the_texts_are_read_whatever_stands_beside_them(bert, table, tmp_path):
    out = tmp_path / "vectors.parquet"
    result = run(table, "--backbone", bert, "--out", out)
    assert "licence: mit" in result.stdout
    assert "vectors of 16 numbers" in result.stdout
    assert "target" not in pd.read_parquet(out).columns


def test_pictures_in_a_folder_are_named_by_file(tmp_path):
    from PIL import Image

    folder = saved("resnet", tmp_path / "resnet")
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    rng = np.random.default_rng(0)
    for number in range(4):
        Image.fromarray(rng.integers(0, 255, (12, 12, 3), dtype=np.uint8)).save(pictures / f"{number}.png")
    out = tmp_path / "vectors.csv"
    run(pictures, "--backbone", folder, "--out", out)
    frame = pd.read_csv(out)
    assert frame["file"].tolist() == [f"{n}.png" for n in range(4)]
    assert frame.shape == (4, 17)


def test_what_cannot_work_is_refused_before_anything_is_written(bert, table, tmp_path):
    with pytest.raises(ConfigError, match=r"--out must end in \.parquet, \.csv or \.npz; got"):
        run(table, "--backbone", bert, "--out", tmp_path / "vectors.txt")
    with pytest.raises(ConfigError, match=r"does not exist\. Create it"):
        run(table, "--backbone", bert, "--out", tmp_path / "no" / "vectors.csv")
    with pytest.raises(BackboneError, match="no such folder"):
        run(table, "--backbone", "./nothing", "--out", tmp_path / "vectors.csv")
    assert list(tmp_path.glob("vectors*")) == []
