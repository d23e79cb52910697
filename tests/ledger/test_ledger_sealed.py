import ast
import copy
import pickle
from pathlib import Path

import numpy as np
import pytest

import whet
from whet.data.columns import NumberColumn
from whet.data.dataset import Dataset
from whet.data.kinds import Kind, Modality
from whet.data.schema import Column, Schema
from whet.errors import SealedTestError
from whet.ledger.records import Ledger
from whet.ledger.sealed import SealedTest


@pytest.fixture
def ledger(tmp_path):
    with Ledger(tmp_path / "l.sqlite") as opened:
        yield opened


def dataset(n=10):
    return Dataset(
        schema=Schema(modality=Modality.TABLE, features=(Column(name="x", kind=Kind.NUMBER),), target="y"),
        columns={"x": NumberColumn(np.arange(float(n)))},
        target=np.arange(float(n)),
        rows=np.arange(n),
        fingerprint="abc",
        origin="made up",
    )


def test_opening_is_on_record_and_gives_the_sealed_rows(ledger):
    sealed = SealedTest(dataset(), np.array([7, 2]), ledger=ledger)
    assert (sealed.num, len(sealed), ledger.openings()) == (2, 2, [])
    assert sealed.open("final score").rows.tolist() == [7, 2]
    (opening,) = ledger.openings()
    assert (opening["purpose"], opening["fingerprint"], opening["alpha"]) == ("final score", sealed.fingerprint, 0.05)


def test_each_further_opening_halves_what_its_intervals_may_claim(ledger):
    sealed = SealedTest(dataset(), np.array([1]), ledger=ledger)
    assert sealed.alpha == 0.05
    for _ in range(3):
        sealed.open("again")
    assert [row["alpha"] for row in ledger.openings()] == [0.05, 0.025, 0.0125]
    assert sealed.alpha == 0.0125
    resumed = SealedTest(dataset(), np.array([1]), ledger=ledger)
    assert resumed.num_openings == 3
    assert SealedTest(dataset(), np.array([2]), ledger=ledger).num_openings == 0


@pytest.mark.parametrize(
    "peek",
    [
        lambda s: s.columns,
        lambda s: s.target,
        lambda s: s.rows,
        lambda s: s.take(np.array([0])),
        lambda s: s._dataset,
        lambda s: pickle.dumps(s),
        copy.copy,
        copy.deepcopy,
    ],
)
def test_no_ordinary_way_leads_to_the_examples(ledger, peek):
    sealed = SealedTest(dataset(), np.array([1, 2]), ledger=ledger)
    with pytest.raises(SealedTestError):
        peek(sealed)
    assert ledger.openings() == []


def test_the_refusal_says_what_to_do(ledger):
    sealed = SealedTest(dataset(), np.array([1, 2]), ledger=ledger)
    with pytest.raises(SealedTestError, match=r"does not give away 'target': its 2 examples.*open\("):
        sealed.target
    with pytest.raises(SealedTestError, match="needs a purpose"):
        sealed.open("  ")
    assert "7" not in repr(SealedTest(dataset(), np.array([7]), ledger=ledger)).split("fingerprint")[0]


def test_when_the_record_cannot_be_written_nothing_is_handed_out(tmp_path):
    ledger = Ledger(tmp_path / "l.sqlite")
    sealed = SealedTest(dataset(), np.array([1]), ledger=ledger)
    ledger.close()
    with pytest.raises(Exception, match="closed"):
        sealed.open("final")


def sources():
    root = Path(whet.__file__).parent
    for path in sorted(root.rglob("*.py")):
        yield path.relative_to(root).as_posix(), path.read_text(encoding="utf-8")


def test_only_the_loop_knows_the_sealed_test():
    for name, text in sources():
        if name == "ledger/sealed.py" or name.startswith("improving/"):
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ImportFrom):
                if node.module == "whet.ledger.sealed":  # the level of an interval tells nothing about an example
                    assert [alias.name for alias in node.names] == ["opening_alpha"], name
                assert "SealedTest" not in [alias.name for alias in node.names], name
            if isinstance(node, ast.Import):
                assert "whet.ledger.sealed" not in [alias.name for alias in node.names], name


def test_nobody_reaches_behind_the_seal():
    for name, text in sources():
        if name != "ledger/sealed.py":
            assert "_SealedTest__" not in text, name
        if name not in ("ledger/sealed.py", "ledger/records.py"):
            assert "record_opening" not in text, name
