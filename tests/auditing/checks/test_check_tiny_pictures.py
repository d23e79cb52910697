"""Sizes are those of the files; arrays have none of their own."""

import numpy as np
from planted_media import assert_only, found, opened, opened_files, pictures, rows_of

from whet.auditing.checks.tiny_pictures import TinyPictures


def planted(folder, share=0.05):
    made, rows = list(pictures(120, side=80)), rows_of(120, share)
    for row in rows:
        made[row] = made[row][:12, :12]
    inspection = opened_files(folder, made)
    numbers = [int(str(f)[-8:-4]) for f in inspection.data.files]
    return inspection, np.flatnonzero(np.isin(numbers, rows))


def test_planted_files_are_found(tmp_path):
    inspection, rows = planted(tmp_path)
    finding = assert_only(found(TinyPictures(), inspection), rows)
    assert "pixels" in finding.examples[0].what


def test_a_single_one_is_found(tmp_path):
    inspection, rows = planted(tmp_path, 0.0)
    assert_only(found(TinyPictures(), inspection), rows)


def test_sizes_that_vary_a_little_and_arrays_are_silent(tmp_path):
    rng = np.random.default_rng(0)
    made = [p[: rng.integers(50, 80), : rng.integers(50, 80)] for p in pictures(80, side=80)]
    assert found(TinyPictures(), opened_files(tmp_path, made)) == []
    assert found(TinyPictures(), opened(pictures(60))) == []


def test_the_setting_decides(tmp_path):
    inspection, _ = planted(tmp_path)
    assert found(TinyPictures(ratio=0.01, pixels=0.0), inspection) == []
