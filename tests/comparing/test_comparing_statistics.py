"""Who can be told apart, who cannot, and how often the answer is wrong."""

import numpy as np
import pytest

import whet.evaluation.metrics  # noqa: F401  (registers them)
from whet.comparing.differences import best_of, from_best
from whet.comparing.wording import advice
from whet.evaluation.metric import metrics
from whet.report.comparison import ComparisonRow

ACCURACY = metrics["accuracy"]


def answers(rng, truth, rate):
    """(1, N, 2) scores that are right at ``rate``."""
    right = rng.random(len(truth)) < rate
    chosen = np.where(right, truth, 1 - truth)
    return np.stack([1.0 - chosen, chosen.astype(float)], axis=1)[None]


def compared(rng, rates, n=400):
    truth = rng.integers(0, 2, n)
    stacks = [answers(rng, truth, rate) for rate in rates]
    best = best_of(ACCURACY, truth, stacks)
    return best, from_best(ACCURACY, truth, stacks, best, clusters=None, folds=None, seed=0)


def test_a_clear_difference_is_told_apart_and_a_twin_is_not():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 500)
    good, bad = answers(rng, truth, 0.9), answers(rng, truth, 0.6)
    best, (_, twin, worse) = 0, from_best(ACCURACY, truth, [good, good, bad], 0, clusters=None, folds=None, seed=0)
    assert best == 0
    assert twin.value == 0
    assert not twin.is_apart
    assert worse.is_apart
    assert worse.low > 0


def test_equal_candidates_are_rarely_told_apart_although_the_best_is_chosen_after_looking():
    rng = np.random.default_rng(1)
    alarms = 0
    for _ in range(200):
        _, found = compared(rng, [0.8] * 6, n=200)
        alarms += any(d.is_apart for d in found if d is not None)
    assert alarms <= 200 * 0.05 + 3 * np.sqrt(200 * 0.05 * 0.95)


def test_p_values_are_corrected_for_all_pairs():
    rng = np.random.default_rng(2)
    truth = rng.integers(0, 2, 300)
    stacks = [answers(rng, truth, rate) for rate in (0.9, 0.8)]
    alone = from_best(ACCURACY, truth, stacks, 0, clusters=None, folds=None, seed=0)[1].p
    crowd = from_best(ACCURACY, truth, [*stacks, stacks[1], stacks[1]], 0, clusters=None, folds=None, seed=0)[1].p
    assert crowd > alone


def test_the_best_of_an_error_is_the_smallest():
    rmse = metrics["rmse"]
    truth = np.arange(10.0)
    near, far = (truth + 0.1)[None, :, None], (truth + 2.0)[None, :, None]
    assert best_of(rmse, truth, [far, near]) == 1


def test_folds_are_judged_by_their_own_differences():
    rng = np.random.default_rng(3)
    truth = rng.integers(0, 2, 300)
    folds = np.tile(np.arange(300) % 5, (2, 1))
    stacks = [np.concatenate([answers(rng, truth, r) for _ in range(2)]) for r in (0.95, 0.6)]
    found = from_best(ACCURACY, truth, stacks, 0, clusters=None, folds=folds, seed=0)
    assert found[1].is_apart


def row(name, **fields):
    return ComparisonRow(family="f", architecture=name, title=name, recipe={}, **fields)


def test_the_advice_names_the_cheaper_one_that_may_be_as_good():
    best = row("big", score=0.9, is_best=True, train_s=50.0, num_parameters=1_000_000, predict_ms={"1": 10.0})
    small = row(
        "small",
        score=0.89,
        train_s=5.0,
        num_parameters=1_000,
        predict_ms={"1": 10.0},
        is_apart=False,
        p=0.6,
        difference=0.01,
        difference_low=-0.02,
        difference_high=0.04,
    )
    said = " ".join(advice([best, small], unit="fraction", metric_title="accuracy"))
    assert "cannot tell it apart from small" in said
    assert "trains 10 times faster" in said
    assert "1,000 times fewer parameters" in said
    assert "answers" not in said  # it is not faster there


def test_the_advice_says_when_time_ran_out_and_when_nothing_was_learnt():
    cut = row("slow", score=0.5, is_best=True, ended_by_clock=True, epochs=1.0, planned_epochs=8.0)
    guess = row("majority", score=0.5, is_apart=False, difference=0.0, difference_low=-0.1, difference_high=0.1)
    said = " ".join(advice([cut, guess], unit="fraction", metric_title="accuracy"))
    assert "1 of 8 epochs" in said
    assert "answering without looking" in said


def test_the_advice_says_that_one_seed_tells_little_and_only_then():
    rows = [row("a", score=0.9, is_best=True, scores=(0.9,)), row("b", score=0.8, is_apart=True, scores=(0.8,))]
    assert "trained once" in " ".join(advice(rows, unit="fraction", metric_title="accuracy"))
    assert "trained once" not in " ".join(advice(rows, unit="fraction", metric_title="accuracy", num_parts=5))


def test_all_failed_is_said():
    assert "Every candidate failed" in advice([row("x", cause="boom")], unit="fraction", metric_title="a")[0]


@pytest.mark.parametrize("share", [(5, 5, None), (4, 1, 2)])
def test_the_limit_is_an_equal_share(share):
    from whet.comparing.rounds import limit_seconds

    num, parts, repeats = share
    limit = limit_seconds(100.0, num_candidates=num, num_parts=parts, repeats=repeats)
    assert limit * num * parts * (repeats or 1) == pytest.approx(100.0)


@pytest.mark.parametrize(("budget_s", "round_s", "repeats"), [(100.0, 10.0, 5), (45.0, 10.0, 3), (100.0, 60.0, 1)])
def test_a_round_is_begun_only_when_a_whole_one_fits(monkeypatch, budget_s, round_s, repeats):
    from types import SimpleNamespace

    from whet.comparing import rounds
    from whet.improving.clock import Clock
    from whet.improving.observer import Observer
    from whet.training.fitted import FitSetting

    now = [0.0]

    def measure(measured, *_, **__):
        now[0] += round_s / 2  # two candidates make a round
        measured.scores.append(np.zeros((1, 1)))

    monkeypatch.setattr(rounds, "measure_repeat", measure)
    monkeypatch.setattr(rounds, "_say", lambda *_: None)
    found = rounds.run_rounds(
        [SimpleNamespace(family="a", title="a"), SimpleNamespace(family="b", title="b")],
        None,
        None,
        clock=Clock(budget_s, now=lambda: now[0]),
        keep_s=5.0,
        limit_s=1.0,
        repeats=None,
        setting=FitSetting(),
        seed=0,
        observer=Observer(),
    )
    assert [len(m.scores) for m in found] == [repeats, repeats]
    assert now[0] <= budget_s
