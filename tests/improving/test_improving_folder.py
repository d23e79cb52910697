import pytest

from whet.errors import RunError
from whet.improving.folder import RunFolder
from whet.improving.options import Options


def make(path):
    return RunFolder.create(path, source="a.csv", resumable=True, options=Options(seed=3), command="whet improve a.csv")


def test_a_new_folder_remembers_what_was_asked_for(tmp_path):
    folder = make(tmp_path / "run")
    assert RunFolder.open(tmp_path / "run").options() == Options(seed=3)
    assert folder.state()["status"] == "running"


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path):
    (tmp_path / "thesis.tex").write_text("precious")
    with pytest.raises(RunError, match="holds no run"):
        make(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.tex"]


def test_an_existing_run_is_not_overwritten_and_the_message_says_how_to_go_on(tmp_path):
    make(tmp_path / "run")
    with pytest.raises(RunError, match="--resume"):
        make(tmp_path / "run")


def test_an_unwritable_place_is_one_clear_message(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(RunError, match="file"):
        make(tmp_path / "file")
    with pytest.raises(RunError, match="cannot write"):
        make(tmp_path / "file" / "below")


def test_a_choice_is_measured_once_and_read_back_afterwards(tmp_path):
    folder = make(tmp_path / "run")
    assert folder.remember("pace", lambda: 2.5) == 2.5
    assert RunFolder.open(tmp_path / "run").remember("pace", lambda: 99.0) == 2.5


def test_a_folder_without_a_run_is_refused(tmp_path):
    with pytest.raises(RunError, match=r"run\.json"):
        RunFolder.open(tmp_path)


def test_damaged_state_is_named(tmp_path):
    folder = make(tmp_path / "run")
    (tmp_path / "run" / "run.json").write_text("{")
    with pytest.raises(RunError, match="damaged"):
        folder.state()
