"""A study that several runs share: nothing is trained twice, no combination is missed, and a lost database is named."""

import threading

import pytest
from sqlalchemy.exc import OperationalError

import whet.search.methods  # noqa: F401  (registers them)
from whet.errors import RunError
from whet.search.dimension import Choice, Real
from whet.search.method import Setup, methods
from whet.search.space import Space
from whet.search.storage import open_storage, sqlite_url, storage_faults
from whet.search.study import Study
from whet.search.tried import Proposal

SPACE = Space({"optimiser.lr": Real(low=1e-3, high=1e-1, log=True), "settings.width": Choice(values=[8, 16])})
VALUES = {"optimiser.lr": 0.01, "settings.width": 8}


def open_study(folder, owner):
    return Study(SPACE, sqlite_url(folder / "s.sqlite"), name="shared", higher_is_better=True, owner=owner)


def test_of_two_runs_that_choose_alike_the_first_trains_and_the_other_counts_a_duplicate(tmp_path):
    mine, yours = open_study(tmp_path, "me"), open_study(tmp_path, "you")
    first = mine.claim(Proposal(values=VALUES), "same")
    assert first is not None
    assert yours.claim(Proposal(values=VALUES), "same") is None
    assert yours.claim(Proposal(values={**VALUES, "settings.width": 16}), "other") is not None
    first.complete(0.7, seconds=1, trial="t")
    one, two, three = mine.history()
    assert (one.state, one.duplicate_of) == ("complete", None)
    assert (two.state, two.duplicate_of, two.cause) == ("failed", 0, "another run has taken it up")
    assert three.state == "running"
    assert yours.claim(Proposal(values=VALUES), "same") is None  # also once it is done
    assert yours.left_running() == [2]


def test_a_grid_misses_nothing_when_two_runs_began_with_the_same_combination(tmp_path):
    mine, yours = open_study(tmp_path, "me"), open_study(tmp_path, "you")
    setup, grid, trained = Setup(space=SPACE, higher_is_better=True, seed=0), methods["grid"], []
    while True:
        asked = [(study, grid.propose(setup, study.history())) for study in (mine, yours)]  # both before either writes
        if all(proposal is None for _, proposal in asked):
            break
        for study, proposal in asked:
            running = proposal and study.claim(proposal, repr(proposal.values))
            if running:
                trained.append(repr(proposal.values))
                running.complete(0.5, seconds=1, trial="")
    assert sorted(trained) == sorted(map(repr, SPACE.combinations()))


def test_storages_that_are_opened_at_once_are_laid_out_once(tmp_path):
    barrier, opened = threading.Barrier(3), []

    def begin():
        barrier.wait()
        opened.append(open_storage(sqlite_url(tmp_path / "s.sqlite")))

    threads = [threading.Thread(target=begin) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(opened) == 3


def test_a_point_of_a_curve_that_gets_lost_does_not_end_the_training(tmp_path, monkeypatch):
    running = open_study(tmp_path, "me").begin(Proposal(values=VALUES), "a")

    def refuse(*_, **__):
        raise OperationalError("INSERT", {}, Exception("nobody answers"))

    with monkeypatch.context() as patch:
        patch.setattr(Study, "report", refuse)
        assert running.report(0.5, 0.5) is False
    running.complete(0.6, seconds=1, trial="")
    assert open_study(tmp_path, "me").history()[0].score == 0.6


def test_a_database_that_stops_answering_ends_a_search_in_words():
    from optuna.exceptions import StorageInternalError

    url, lost = "postgresql://me:secret@host/db", OperationalError("SELECT", {}, Exception("server closed"))
    message = r"the study cannot go on: the storage 'postgresql://me:\*\*\*@host/db'.*server closed\..*--resume"
    with pytest.raises(RunError, match=message), storage_faults(url):
        raise lost
    with pytest.raises(RunError, match=message), storage_faults(url):
        raise StorageInternalError("during the commit") from lost
