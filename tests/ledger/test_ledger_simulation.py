"""The judge as a whole, on simulated ledgers: few false adoptions, real gains found, honest intervals."""

import numpy as np
import pytest
from benchmarks.judge_simulation import World, gain_coverage, ledger, null_ledgers, planted, score_coverage, this_judge

from whet.evaluation.metric import metrics
from whet.ledger.judge import judge
from whet.ledger.noise import NoiseFloor


def test_useless_remedies_are_adopted_in_at_most_a_tenth_of_ledgers():
    repeats = 200
    share = null_ledgers(this_judge, rows=12, repeats=repeats, n=1000)["share_adopting_any"]
    assert share <= 0.10 + 2 * np.sqrt(0.1 * 0.9 / repeats)


def test_two_planted_points_are_found_four_times_in_five_on_2000_examples():
    assert planted(gain=0.02, n=2000, repeats=25, rows=6)["found"] >= 0.8


def test_the_final_intervals_cover_the_truth():
    # score: 1,500 cheap repeats, because with 80 of them 90 % is no rare sight for an interval of exactly 95 %
    assert score_coverage(n=500, repeats=1500) >= 0.95 - 2 * np.sqrt(0.95 * 0.05 / 1500)
    assert gain_coverage(n=300, repeats=150) >= 0.95 - 2 * np.sqrt(0.95 * 0.05 / 150)


def test_two_trainings_of_the_simulated_world_differ_as_declared():
    world, rng = World(20_000), np.random.default_rng(0)
    runs = world.train(world.examples(rng), 0.0, 40, rng).argmax(2)
    assert (runs[0] != runs[1]).mean() == pytest.approx(0.06, abs=0.006)
    assert runs.mean() == pytest.approx(0.85, abs=0.006)


def test_the_bootstrap_path_has_few_false_alarms():
    metric, world, alarms = metrics["macro_f1"], World(300), 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        chances, truth = world.examples(rng), rng.integers(0, 2, 300)
        runs = world.train(chances, 0.0, 8, rng)
        runs = np.where(truth[None, :, None] == 1, runs, runs[:, :, ::-1]) * 0.6 + 0.2 + 0.1 * rng.random(runs.shape)
        floor = NoiseFloor().with_seeds([metric.compute(truth, s) for s in runs[:3]])
        alarms += judge(metric, truth, runs[3:5], runs[5:], noise=floor, alpha=0.05).p <= 0.05
    assert alarms <= 40 * 0.05 + 2.5 * np.sqrt(40 * 0.05 * 0.95)


def test_a_ledger_is_the_same_for_the_same_draws():
    rows = [ledger(World(400), np.array([0.0, 0.05]), this_judge, np.random.default_rng(1)) for _ in range(2)]
    np.testing.assert_array_equal(rows[0][0], rows[1][0])
    assert rows[0][1] == rows[1][1]
