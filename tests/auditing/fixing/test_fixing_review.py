"""What is not certain waits for a person, whose decisions are applied to the data they were made for."""

import csv

import pytest
from fixing_world import audited, clean, drop, drop_column, finding, put
from hypothesis import given, settings
from hypothesis import strategies as st

from whet.auditing.fixing.sheet import guarded, unguarded
from whet.auditing.fixing.write import CleanedCopy
from whet.data.sources import read
from whet.errors import ConfigError, DataError, RunError

SUSPECTED = finding(
    put("label", {2: "yes", 4: "yes"}, certain=False),
    symptom="label_errors",
    confidence=0.8,
)
DOUBTFUL = finding(put("a", {6: None}, certain=False), drop(8, certain=False), symptom="placeholder_numbers")


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "t.csv"
    rows = [f"{i},=cmd{i},{'yes' if i % 2 else 'no'}" for i in range(40)]
    path.write_text("\n".join(["a,note,label", *rows]) + "\n")
    return path


def sheet(path):
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def edited(path, decide, out, delimiter=","):
    rows = sheet(path)
    for row in rows:
        row.update(decide(row))
    with out.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0], delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)
    return out


def labels(cleaned):
    return read(cleaned.data).table.column("label").to_pylist()


def test_doubtful_edits_are_listed_and_not_carried_out(source, tmp_path):
    cleaned = clean(source, tmp_path / "clean", SUSPECTED, DOUBTFUL, target="label")
    assert cleaned.data.read_bytes() == source.read_bytes()
    assert sheet(cleaned.folder / "changes.csv") == []
    waiting = sheet(cleaned.folder / "review.csv")
    assert [(w["row"], w["column"], w["current"], w["suggestion"], w["decision"]) for w in waiting] == [
        ("2", "label", "no", "yes", ""),
        ("4", "label", "no", "yes", ""),
        ("6", "a", "6", "", ""),
        ("8", "", "", "", ""),
    ]
    assert waiting[0]["confidence"] == "0.80"
    assert cleaned.num_waiting == 4
    assert "4 lines in review.csv wait" in cleaned.statement


def test_suspected_labels_can_be_replaced_or_dropped_without_a_person(source, tmp_path):
    put_right = clean(source, tmp_path / "a", SUSPECTED, DOUBTFUL, labels="relabel", target="label")
    assert labels(put_right)[2] == labels(put_right)[4] == "yes"
    assert {c["check"] for c in sheet(put_right.folder / "changes.csv")} == {"label_errors"}
    dropped = clean(source, tmp_path / "b", SUSPECTED, DOUBTFUL, labels="drop", target="label")
    assert [c["row"] for c in sheet(dropped.folder / "changes.csv")] == ["2", "4"]
    assert dropped.num_out == 38
    assert dropped.num_waiting == 2


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_decisions_are_applied(source, tmp_path, delimiter):
    first = clean(source, tmp_path / "one", SUSPECTED, DOUBTFUL, target="label")
    decisions = {
        "2": {"decision": "apply", "suggestion": "other"},
        "4": {"decision": "Keep "},
        "6": {"decision": "DROP"},
    }
    review = edited(
        first.folder / "review.csv", lambda row: decisions.get(row["row"], {}), tmp_path / "mine.csv", delimiter
    )
    second = clean(source, tmp_path / "two", SUSPECTED, DOUBTFUL, review=review, labels="relabel", target="label")
    assert labels(second)[2] == "other"
    assert labels(second)[4] == "no"  # kept by the person, whatever ``labels`` says
    assert [c["row"] for c in sheet(second.folder / "changes.csv") if c["action"] == "left out"] == ["6"]
    assert {r["row"]: r["decision"] for r in sheet(second.folder / "review.csv")} == {
        "2": "apply",
        "4": "keep",
        "6": "drop",
        "8": "",
    }


def test_a_decision_holds_even_where_the_audit_no_longer_suspects(source, tmp_path):
    first = clean(source, tmp_path / "one", SUSPECTED, target="label")
    review = edited(first.folder / "review.csv", lambda _: {"decision": "apply"}, tmp_path / "mine.csv")
    assert labels(clean(source, tmp_path / "two", review=review, target="label"))[2] == "yes"


def test_a_persons_word_comes_before_a_certain_edit(source, tmp_path):
    first = clean(source, tmp_path / "one", SUSPECTED, target="label")
    review = edited(first.folder / "review.csv", lambda _: {"decision": "apply"}, tmp_path / "mine.csv")
    certain = finding(put("label", {2: "certain"}), symptom="other")
    assert labels(clean(source, tmp_path / "two", certain, review=review, target="label"))[2] == "yes"


def test_a_column_in_doubt_can_be_left_out(source, tmp_path):
    doubt = finding(drop_column("note", certain=False))
    first = clean(source, tmp_path / "one", doubt, target="label")
    review = edited(first.folder / "review.csv", lambda _: {"decision": "apply"}, tmp_path / "mine.csv")
    second = clean(source, tmp_path / "two", doubt, review=review, target="label")
    assert read(second.data).table.column_names == ["a", "label"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"decision": "aply"}, "'aply' is not known. Did you mean 'apply'"),
        ({"row": "x", "decision": "apply"}, "row 'x' is no row number"),
        ({"row": "4000", "decision": "apply"}, "row 4000 is not in t.csv"),
        ({"current": "yes", "decision": "apply"}, "holds 'no', but the list was made where it held 'yes'"),
        ({"column": "lable", "decision": "apply"}, "column 'lable' is not in t.csv"),
    ],
)
def test_a_list_that_does_not_fit_is_refused_with_its_faults(source, tmp_path, change, message):
    first = clean(source, tmp_path / "one", SUSPECTED, target="label")
    review = edited(first.folder / "review.csv", lambda _: change, tmp_path / "mine.csv")
    with pytest.raises(DataError, match=message):
        clean(source, tmp_path / "two", review=review, target="label")
    assert not (tmp_path / "two").exists()


def test_what_is_no_review_list_is_refused_at_once(source, tmp_path):
    with pytest.raises(DataError, match="so it is no review list"):
        CleanedCopy(source, tmp_path / "clean", review=source)
    with pytest.raises(DataError, match="there is no review list"):
        CleanedCopy(source, tmp_path / "clean", review=tmp_path / "none.csv")
    with pytest.raises(ConfigError, match="labels must be one of"):
        CleanedCopy(source, tmp_path / "clean", labels="fix")


def test_a_folder_that_is_not_empty_is_refused_and_an_empty_one_is_used(source, tmp_path):
    place = tmp_path / "clean"
    place.mkdir()
    assert clean(source, place, target="label").folder == place
    with pytest.raises(RunError, match="not an empty folder; nothing was written"):
        clean(source, place, target="label")
    with pytest.raises(RunError):
        clean(source, source, target="label")


def test_nothing_is_left_behind_when_writing_fails(source, tmp_path, monkeypatch):
    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr("whet.auditing.fixing.write.write_review", fail)
    with pytest.raises(OSError, match="disk full"):
        clean(source, tmp_path / "clean", target="label")
    assert [p.name for p in tmp_path.iterdir()] == ["t.csv"]


def test_forms_that_cannot_be_written_are_refused_at_once_with_what_to_do(tmp_path):
    source = tmp_path / "s.tsv"
    source.write_text("1\t0.5\t0.25\n2\t0.5\t0.25\n")
    with pytest.raises(DataError, match=r"Save the series as a NumPy file with np\.savez"):
        CleanedCopy(source, tmp_path / "clean")


def test_formulas_are_harmless_in_both_sheets(source, tmp_path):
    doubt = finding(put("note", {1: "@evil", 2: "-5"}, certain=False), put("note", {3: "+run()"}), drop(9))
    cleaned = clean(source, tmp_path / "clean", doubt, target="label")
    for name in ("changes.csv", "review.csv"):
        cells = [cell for row in sheet(cleaned.folder / name) for cell in row.values()]
        assert not [cell for cell in cells if cell[:1] in ("=", "+", "@")]
    review = edited(cleaned.folder / "review.csv", lambda _: {"decision": "apply"}, tmp_path / "mine.csv")
    second = clean(source, tmp_path / "two", doubt, review=review, target="label")
    assert read(second.data).table.column("note").to_pylist()[:4] == ["=cmd0", "@evil", "-5", "+run()"]


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="=+-@\t\r\n'a1."))
def test_a_guarded_cell_is_no_formula_and_comes_back(cell):
    assert unguarded(guarded(cell)) == cell
    assert not guarded(cell).startswith(("=", "@"))


def test_edits_of_the_test_part_never_touch_the_training_copy(source, tmp_path):
    audit, inspection = audited(source, [finding(drop(0), part="test")], target="label")
    assert CleanedCopy(source, tmp_path / "clean").write(audit, inspection).num_out == 40
