"""Row order that tells the target."""

import numpy as np
import pandas as pd
from PIL import Image

from whet.auditing.checks.order_leak import OrderLeak
from whet.auditing.opening import open_inspection

DEFAULT = OrderLeak()


def frame(num=300, is_sorted=False):
    rng = np.random.default_rng(0)
    out = pd.DataFrame({"a": rng.normal(size=num), "b": rng.normal(size=num), "y": rng.choice(["p", "q"], num)})
    return out.sort_values("y", ignore_index=True) if is_sorted else out


def found(source, check=DEFAULT, target="y"):
    return list(check.check(open_inspection(source, target=target)))


def test_a_sorted_file_is_a_note_and_a_shuffled_one_is_silent():
    (finding,) = found(frame(is_sorted=True))
    assert finding.level == "slight"
    assert "by position" in finding.advice
    assert found(frame()) == []


def test_a_row_number_that_feeds_the_model_and_tells_the_target_is_severe():
    data = frame(is_sorted=True)
    data.insert(0, "number", np.cumsum(np.random.default_rng(1).integers(1, 4, len(data))))
    severe = [f for f in found(data) if f.level == "severe"]
    assert [f.column for f in severe] == ["number"]
    assert severe[0].edits[0].column == "number"


def test_a_row_number_in_a_shuffled_file_is_no_leak():
    data = frame()
    data.insert(0, "number", np.cumsum(np.random.default_rng(1).integers(1, 4, len(data))))
    assert found(data) == []


def test_a_measurement_that_the_file_is_sorted_by_is_no_row_number():
    data = frame().assign(price=lambda f: 100 * f["a"]).sort_values("price", ignore_index=True)
    data["y"] = np.where(data["price"] > 0, "p", "q")
    assert all(f.level == "slight" for f in found(data))


def test_class_folders_are_sorted_by_nature(tmp_path):
    rng = np.random.default_rng(0)
    for kind in ("cat", "dog"):
        (tmp_path / kind).mkdir()
        for i in range(60):
            Image.fromarray(rng.integers(0, 255, (8, 8, 3)).astype(np.uint8)).save(tmp_path / kind / f"{i:03d}.png")
    assert found(tmp_path, target=None) == []


def test_the_line_can_be_moved():
    assert found(frame(is_sorted=True), OrderLeak(sorted_drift=1.1)) == []
