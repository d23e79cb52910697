import numpy as np
import pytest

from whet.errors import DataError, ShapeError
from whet.evaluation.metric import metrics
from whet.ledger.detectable import minimum_detectable_effect
from whet.ledger.entry import Verdict
from whet.ledger.gains import example_gains
from whet.ledger.judge import judge
from whet.ledger.limits import Cost, Limits
from whet.ledger.noise import NoiseFloor
from whet.ledger.spending import Spending

ACCURACY = metrics["accuracy"]
FLOOR = NoiseFloor().with_seeds(0.85 + 0.0025 * np.array([-1.2, 0.4, 1.1, -0.6, 0.3]))
ALPHA = 0.1 / 12


def answers(rng, truth, seeds, accuracy, sure=0.94):
    """(seeds, N, 2): most answers are the same in every training, a few are flipped anew by each."""
    n = len(truth)
    base = np.random.default_rng(99).random(n)
    right = np.where(rng.random((seeds, n)) < sure, base, rng.random((seeds, n))) < accuracy
    return np.eye(2)[np.where(right, truth, 1 - truth)]


def sides(seed=0, n=2000, gain=0.0, k=3, k_inc=3):
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 2, n)
    return truth, answers(rng, truth, k, 0.85 + gain), answers(rng, truth, k_inc, 0.85)


def test_the_mean_path_equals_the_formula_of_the_design():
    truth, candidate, incumbent = sides(gain=0.01)
    got = judge(ACCURACY, truth, candidate, incumbent, noise=FLOOR, alpha=ALPHA)
    right = lambda runs: runs.argmax(2) == truth  # noqa: E731
    d = right(candidate).mean(0) - right(incumbent).mean(0)
    b = d.var(ddof=1) / len(truth)
    own = right(candidate).mean(1)
    df = FLOOR.df + 2 + 1
    s2 = (FLOOR.sum_squares + ((own - own.mean()) ** 2).sum() + b / (2 / 3)) / df
    a = s2 * (1 / 3 + 1 / 3)
    from scipy import stats

    total_df = (a + b) ** 2 / (a**2 / df + b**2 / (len(truth) - 1))
    assert got.gain == pytest.approx(d.mean())
    assert got.p == pytest.approx(stats.t.sf(d.mean() / np.sqrt(a + b), total_df))
    assert got.low == pytest.approx(d.mean() - stats.t.ppf(0.975, total_df) * np.sqrt(a + b))
    assert got.after - got.before == pytest.approx(got.gain)


def test_the_fold_path_equals_nadeau_and_bengio():
    truth, candidate, incumbent = sides(n=1000, gain=0.02, k=2, k_inc=2)
    folds = np.stack([np.random.default_rng(r).permutation(1000) % 5 for r in range(2)])
    got = judge(ACCURACY, truth, candidate, incumbent, noise=FLOOR, alpha=ALPHA, folds=folds)
    d = np.array(
        [
            (candidate[r].argmax(1) == truth)[folds[r] == f].mean()
            - (incumbent[r].argmax(1) == truth)[folds[r] == f].mean()
            for r in range(2)
            for f in range(5)
        ]
    )
    from scipy import stats

    t = d.mean() / np.sqrt((1 / 10 + 1 / 4) * d.var(ddof=1))
    assert got.p == pytest.approx(stats.t.sf(t, 9))
    assert got.details["num_folds"] == 10
    halves = judge(ACCURACY, truth, candidate, incumbent, noise=FLOOR, alpha=ALPHA, folds=folds, train_share=0.5)
    assert halves.p > got.p  # less training per test example: more correction


def test_the_rmse_identity_is_exact_for_any_number_of_seeds():
    rng = np.random.default_rng(0)
    truth = rng.normal(size=80)
    candidate, incumbent = (truth[None, :, None] + rng.normal(size=(k, 80, 1)) for k in (2, 5))
    gains = example_gains(metrics["rmse"], truth, candidate, incumbent)
    mean = lambda runs: np.mean([metrics["rmse"].compute(truth, s) for s in runs])  # noqa: E731
    assert gains.mean() == pytest.approx(mean(incumbent) - mean(candidate), abs=1e-12)


@pytest.mark.parametrize("name", ["accuracy", "macro_f1", "roc_auc", "log_loss"])
def test_a_planted_gain_is_adopted_and_its_mirror_is_harmful(name):
    metric = metrics[name]
    truth, candidate, incumbent = sides(gain=0.04)
    soften = lambda runs: 0.1 + 0.8 * runs  # noqa: E731
    candidate, incumbent = soften(candidate), soften(incumbent)
    good = judge(metric, truth, candidate, incumbent, noise=FLOOR, alpha=ALPHA)
    assert good.verdict is Verdict.ADOPTED, good.reason
    assert 0 < good.low < good.gain < good.high
    bad = judge(metric, truth, incumbent, candidate, noise=FLOOR, alpha=ALPHA)
    assert bad.verdict is Verdict.HARMFUL
    assert bad.gain == pytest.approx(-good.gain)
    assert "worse" in bad.reason


@pytest.mark.parametrize("name", ["rmse", "mae", "mse", "r2"])
def test_numbers_are_judged_in_their_own_units(name):
    metric = metrics[name]
    rng = np.random.default_rng(0)
    truth = 100 * rng.normal(size=1000)
    shared = 30 * rng.normal(size=(1, 1000, 1))
    worse = truth[None, :, None] + shared + 5 * rng.normal(size=(3, 1000, 1))
    better = truth[None, :, None] + 0.9 * shared + 5 * rng.normal(size=(3, 1000, 1))
    floor = NoiseFloor().with_seeds([metric.compute(truth, s) for s in worse])
    good = judge(metric, truth, better, worse, noise=floor, alpha=ALPHA)
    assert good.verdict is Verdict.ADOPTED, good.reason
    unit = 0.001 if name == "r2" else 0.001 * good.before
    assert good.details["margin"] == pytest.approx(unit)
    assert judge(metric, truth, worse, better, noise=floor, alpha=ALPHA).verdict is Verdict.HARMFUL


def test_the_same_predictions_are_no_evidence_and_not_harmful():
    truth, _, incumbent = sides()
    for name in ("accuracy", "macro_f1"):
        got = judge(metrics[name], truth, incumbent, incumbent, noise=FLOOR, alpha=ALPHA)
        assert got.verdict is Verdict.NO_EVIDENCE
        assert got.gain == 0
    folds = np.arange(2000) % 5
    got = judge(ACCURACY, truth, incumbent, incumbent, noise=FLOOR, alpha=ALPHA, folds=folds)
    assert got.verdict is Verdict.NO_EVIDENCE
    assert got.p == got.details["p_harm"] == 1.0


@pytest.mark.parametrize("name", ["accuracy", "macro_f1"])
def test_one_seed_is_legal_and_needs_more_evidence_than_three(name):
    metric = metrics[name]
    truth, candidate, incumbent = sides(n=5000, gain=0.03)
    copies = np.repeat(candidate[:1], 3, axis=0)
    one = judge(metric, truth, candidate[:1], incumbent, noise=FLOOR, alpha=ALPHA)
    three = judge(metric, truth, copies, incumbent, noise=FLOOR, alpha=ALPHA)
    assert one.verdict is Verdict.ADOPTED
    assert one.high - one.low > three.high - three.low
    assert one.noise == FLOOR
    unknown = judge(metric, truth, candidate[:1], incumbent[:1], noise=NoiseFloor(), alpha=ALPHA)
    assert unknown.high - unknown.low > one.high - one.low  # no seed was ever repeated: heavy tails


def test_the_order_of_examples_and_seeds_changes_nothing():
    truth, candidate, incumbent = sides(gain=0.01)
    order = np.random.default_rng(0).permutation(len(truth))
    ids = np.arange(len(truth)) // 2
    args = {"noise": FLOOR, "alpha": ALPHA}
    first = judge(ACCURACY, truth, candidate, incumbent, clusters=ids, **args)
    turned = judge(ACCURACY, truth[order], candidate[::-1][:, order], incumbent[:, order], clusters=ids[order], **args)
    assert turned.p == pytest.approx(first.p, rel=1e-9)
    assert turned.gain == pytest.approx(first.gain)


def test_copies_in_clusters_do_not_add_evidence():
    truth, candidate, incumbent = sides(n=500, gain=0.03)
    rows = np.repeat(np.arange(500), 6)
    args = {"noise": FLOOR, "alpha": ALPHA}
    alone = judge(ACCURACY, truth, candidate, incumbent, **args)
    naive = judge(ACCURACY, truth[rows], candidate[:, rows], incumbent[:, rows], **args)
    honest = judge(ACCURACY, truth[rows], candidate[:, rows], incumbent[:, rows], clusters=rows, **args)
    assert honest.p == pytest.approx(alone.p, rel=0.05)
    assert naive.p < 0.5 * alone.p


def test_each_gate_can_stop_an_adoption_and_says_so():
    truth, candidate, incumbent = sides(n=5000, gain=0.04)
    args = {"noise": FLOOR, "alpha": ALPHA}
    margin = judge(ACCURACY, truth, candidate, incumbent, margin=0.2, **args)
    assert margin.verdict is Verdict.NO_EVIDENCE
    assert "below the 20.00 points worth adopting" in margin.reason
    spent = judge(ACCURACY, truth, candidate, incumbent, noise=FLOOR, alpha=0.0)
    assert "above the 0 that this row may spend" in spent.reason
    slow = judge(
        ACCURACY,
        truth,
        candidate,
        incumbent,
        cost=Cost(seconds_per_example=0.5),
        limits=Limits(seconds_per_example=0.1, size_bytes=10),
        **args,
    )
    assert slow.verdict is Verdict.NO_EVIDENCE
    assert "seconds_per_example is 0.5, over the limit of 0.1" in slow.reason
    assert "size_bytes has a limit of 10 and was not measured" in slow.reason


def test_a_slice_that_pays_for_the_gain_stops_it_and_a_harmless_one_does_not():
    truth, candidate, incumbent = sides(n=5000, gain=0.06)
    region = np.array(["north"] * 4600 + ["south"] * 400)
    args = {"noise": FLOOR, "alpha": ALPHA, "slices": {"region": region}}
    fair = judge(ACCURACY, truth, candidate, incumbent, **args)
    assert fair.verdict is Verdict.ADOPTED
    spoilt = candidate.copy()
    spoilt[:, 4600:4660] = np.eye(2)[1 - truth[4600:4660]]
    got = judge(ACCURACY, truth, spoilt, incumbent, **args)
    assert got.verdict is Verdict.NO_EVIDENCE
    assert "slice region=south (400 examples) got worse by" in got.reason
    assert got.details["worse_slices"][0]["name"] == "region=south"
    few = judge(ACCURACY, truth, spoilt, incumbent, **{**args, "slices": {"few": np.arange(5000) // 60}})
    assert few.verdict is Verdict.ADOPTED  # slices of under 100 examples are not judged


def test_a_slice_of_numbers_is_measured_against_its_own_error():
    rng = np.random.default_rng(0)
    truth = rng.normal(size=2000)
    old = truth[None, :, None] + rng.normal(size=(3, 2000, 1))
    new = truth[None, :, None] + 0.7 * (old - truth[None, :, None])
    side = np.repeat(["a", "b"], [1700, 300])
    new[:, 1700:] = truth[None, 1700:, None] + 1.2 * (old[:, 1700:] - truth[None, 1700:, None])
    got = judge(metrics["rmse"], truth, new, old, noise=NoiseFloor(), alpha=ALPHA, slices={"side": side})
    assert got.verdict is Verdict.NO_EVIDENCE
    assert "slice side=b (300 examples) got worse by 22" in got.reason  # 1.2² - 1, halved: about 20 % of the rmse


def test_predictions_that_are_not_finite_are_a_failed_row():
    truth, candidate, incumbent = sides(n=100)
    candidate[1, 3] = np.nan
    got = judge(ACCURACY, truth, candidate, incumbent, noise=FLOOR, alpha=ALPHA)
    assert got.verdict is Verdict.FAILED
    assert "not finite on 1 of 100 examples" in got.decision().cause
    assert got.noise == FLOOR


def test_wrong_shapes_are_named_with_advice():
    truth, candidate, incumbent = sides(n=100)
    args = {"noise": FLOOR, "alpha": ALPHA}
    with pytest.raises(ShapeError, match=r"candidate must be \(k, 100, K\).*got \(100, 2\).*numpy.stack"):
        judge(ACCURACY, truth, candidate[0], incumbent, **args)
    with pytest.raises(ShapeError, match=r"folds must be \(100,\)"):
        judge(ACCURACY, truth, candidate, incumbent, folds=np.zeros((1, 100)), **args)
    with pytest.raises(DataError, match="incumbent's scores hold NaN"):
        judge(ACCURACY, truth, candidate, np.full_like(incumbent, np.nan), **args)


def test_undefined_folds_are_left_out_and_counted():
    truth, candidate, incumbent = sides(n=300, gain=0.02, k=1, k_inc=1)
    truth = np.where(np.arange(300) % 3 == 0, 0, truth)
    got = judge(metrics["roc_auc"], truth, candidate, incumbent, noise=FLOOR, alpha=ALPHA, folds=np.arange(300) % 3)
    assert got.details["num_folds"] == 2


def test_the_noise_floor_pools_and_shrinks():
    a, b = np.array([0.80, 0.82]), np.array([0.90, 0.90, 0.93])
    floor = NoiseFloor.of([a, b, [0.5]])
    assert floor.df == 3
    assert floor.std**2 == pytest.approx((a.var(ddof=1) * 1 + b.var(ddof=1) * 2) / 3)
    assert floor.variance(floor.std**2)[0] == pytest.approx(floor.std**2)
    assert NoiseFloor().std is None
    assert NoiseFloor().variance(0.04) == (0.04, 1.0)
    with pytest.raises(DataError, match="finite scores"):
        floor.with_seeds([0.1, np.nan])


def test_lond_spends_the_budget_and_rewards_success():
    plan = Spending(max_rows=12)
    assert sum(plan.alpha(tried=t, adopted=0) for t in range(12)) == pytest.approx(0.10)
    assert plan.alpha(tried=5, adopted=2) == pytest.approx(3 * 0.10 / 12)
    assert plan.alpha(tried=12, adopted=2) == 0.0
    strict = Spending(max_rows=12, strict=True)
    assert strict.alpha(tried=3, adopted=1) == pytest.approx(2 * 0.10 / 12 / (1 + 1 / 2 + 1 / 3 + 1 / 4))


def test_a_gain_of_the_minimum_detectable_effect_is_found_about_four_times_in_five():
    n, floor = 4000, FLOOR
    disagreement = 0.0
    found = 0
    for seed in range(100):
        truth, _, incumbent = sides(seed, n=n)
        if not disagreement:
            d = (incumbent[0].argmax(1) == truth) * 1.0 - (incumbent[1].argmax(1) == truth)
            disagreement = d.var()
            effect = minimum_detectable_effect(floor, alpha=ALPHA, num_examples=n, disagreement=disagreement)
        _, candidate, _ = sides(seed + 1000, n=n, gain=effect / 0.97)
        rng = np.random.default_rng(seed + 5000)
        candidate = answers(rng, truth, 3, 0.85 + effect)
        found += judge(ACCURACY, truth, candidate, incumbent, noise=floor, alpha=ALPHA).p <= ALPHA
    assert found >= 70  # the formula is conservative: it does not count that averaging seeds steadies the examples


def test_the_detectable_effect_shrinks_with_examples_and_grows_with_folds():
    args = {"alpha": ALPHA, "disagreement": 0.06}
    small, large = (minimum_detectable_effect(FLOOR, num_examples=n, **args) for n in (1000, 10_000))
    assert large < small
    assert minimum_detectable_effect(FLOOR, num_examples=1000, num_folds=5, num_seeds=2, **args) > small


def test_the_same_weights_used_otherwise_are_compared_without_the_noise_of_seeds():
    """A claim about these weights: a wide noise floor is no reason to doubt it, and chance alone is not adopted."""
    wide = NoiseFloor().with_seeds([0.5, 0.6, 0.7])
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 2000)
    before = answers(rng, truth, 1, 0.85)
    better = before.copy()
    wrong = np.flatnonzero(before[0].argmax(1) != truth)[:60]
    better[0, wrong] = np.eye(2)[truth[wrong]]
    asked = {"noise": wide, "alpha": ALPHA}
    assert judge(ACCURACY, truth, better, before, **asked).verdict is Verdict.NO_EVIDENCE
    found = judge(ACCURACY, truth, better, before, retrained=False, **asked)
    assert found.verdict is Verdict.ADOPTED
    assert found.low > 0
    false_alarms = 0
    for _ in range(300):  # either side is right on half of the examples on which they differ
        one, other, moved = before.copy(), before.copy(), rng.choice(2000, 120, replace=False)
        coin = rng.integers(0, 2, 120)
        one[0, moved] = np.eye(2)[coin]
        other[0, moved] = np.eye(2)[1 - coin]
        false_alarms += judge(ACCURACY, truth, one, other, retrained=False, **asked).verdict is Verdict.ADOPTED
    assert false_alarms <= 10  # 2.5 are expected
