"""The methods as functions of a history: what they visit, whom they promote, and that they remember nothing."""

import math
from itertools import pairwise

import pytest

import whet.search.methods  # noqa: F401
from whet.errors import ConfigError
from whet.search.dimension import Choice, Real, Whole
from whet.search.fidelity import rank_correlation
from whet.search.importance import importance
from whet.search.method import Setup, methods
from whet.search.space import Space
from whet.search.tried import Tried

SPACE = Space(
    {
        "optimiser.lr": Real(low=1e-4, high=1e-1, log=True),
        "batch_size": Whole(low=8, high=128, log=True),
        "optimiser.name": Choice(values=("adamw", "sgd")),
        "optimiser.momentum": Real(low=0.5, high=0.9, when={"optimiser.name": ("sgd",)}),
    }
)


def score(values, fidelity=1.0):
    """Best at a rate of 0.01; the rest matters little."""
    off = -((math.log10(values["optimiser.lr"]) + 2) ** 2) - 0.01 * math.log2(values["batch_size"])
    return off * (0.9 + 0.1 * fidelity)


def walk(name, *, history=None, most=200, measure=score, **settings):
    setup = Setup(**{"space": SPACE, "higher_is_better": True, "seed": 0, "num_trials": 30, **settings})
    history = list(history or [])
    while len(history) < most and (proposal := methods[name].propose(setup, history)) is not None:
        history.append(
            Tried(
                number=len(history),
                values=proposal.values,
                state="complete",
                digest=str(len(history)),
                fidelity=proposal.fidelity,
                note=proposal.note,
                score=measure(proposal.values, proposal.fidelity),
            )
        )
    return history


@pytest.mark.parametrize("name", ["random", "bayesian", "halving", "hyperband", "grid"])
def test_every_proposal_lies_in_the_space_and_none_comes_twice_at_one_length(name):
    history = walk(name, num_trials=None if name == "grid" else 12)
    assert all(SPACE.holds(t.values) for t in history)
    keys = [(SPACE.key(t.values), t.fidelity) for t in history]
    assert len(keys) == len(set(keys)) >= 12


@pytest.mark.parametrize("name", ["random", "bayesian", "halving", "hyperband", "grid"])
def test_a_method_asked_again_in_the_middle_proposes_what_it_would_have_proposed(name):
    whole = walk(name, num_trials=12, most=14)
    again = walk(name, num_trials=12, most=14, history=whole[:9])
    assert [(t.values, t.fidelity) for t in again] == [(t.values, t.fidelity) for t in whole]


def test_grid_visits_each_combination_once_in_an_order_that_depends_on_the_seed():
    one, two = (walk("grid", num_trials=None, seed=s) for s in (0, 1))
    assert {SPACE.key(t.values) for t in one} == {SPACE.key(v) for v in SPACE.combinations()}
    assert [t.values for t in one] != [t.values for t in two]
    assert len(one) == SPACE.num_combinations() == 3 * 3 * (1 + 3)


def test_a_grid_beyond_all_patience_is_refused_with_its_count():
    wide = Space({f"settings.x{i}": Real(low=0, high=1, points=10) for i in range(8)})
    with pytest.raises(ConfigError, match=r"this grid has 100,000,000 combinations"):
        methods["grid"].propose(Setup(space=wide, higher_is_better=True, seed=0), [])


def test_random_search_stops_when_a_finite_space_is_exhausted():
    small = Space({"balance": Choice(values=("none", "class_weights"))})
    history = walk("random", space=small, num_trials=None, measure=lambda v, f: 0.0)
    assert sorted(t.values["balance"] for t in history) == ["class_weights", "none"]


@pytest.mark.parametrize("higher", [True, False])
def test_halving_promotes_the_best_third_by_rank(higher):
    sign = 1 if higher else -1
    history = walk("halving", num_trials=27, higher_is_better=higher, measure=lambda v, f: sign * score(v, f))
    rungs = [[t for t in history if t.note["rung"] == r] for r in range(3)]
    assert [len(r) for r in rungs] == [27, 9, 3]
    assert [r[0].fidelity for r in rungs] == pytest.approx([1 / 9, 1 / 3, 1.0])
    for below, above in pairwise(rungs):
        ranked = sorted(below, key=lambda t: -sign * t.score)
        assert [t.values for t in above] == [t.values for t in ranked[: len(above)]]
    assert sum(t.fidelity for t in history) == pytest.approx(methods["halving"].full_trainings(
        Setup(space=SPACE, higher_is_better=True, seed=0, num_trials=27)))  # fmt: skip


def test_halving_never_promotes_a_failure():
    setup = Setup(space=SPACE, higher_is_better=True, seed=0, num_trials=9)
    history = []
    while (proposal := methods["halving"].propose(setup, history)) is not None:
        fails = len(history) < 8 and proposal.fidelity < 0.2
        history.append(Tried(number=len(history), values=proposal.values, state="failed" if fails else "complete",
                             digest="", fidelity=proposal.fidelity, note=proposal.note,
                             score=None if fails else 1.0))  # fmt: skip
    assert {SPACE.key(t.values) for t in history[9:]} == {SPACE.key(history[8].values)}
    assert history[-1].fidelity == 1.0


@pytest.mark.parametrize("full", [1.5, 6.0, 20.0])
def test_halving_spreads_time_over_as_many_configurations_as_fit(full):
    number = methods["halving"].num_trials_for(full)

    def cost(n):
        return methods["halving"].full_trainings(Setup(space=SPACE, higher_is_better=True, seed=0, num_trials=n))

    assert cost(number) <= full or number == 1


def test_hyperband_walks_through_its_brackets_in_turn():
    history = walk("hyperband", num_trials=17)
    starts = [(t.note["bracket"], t.fidelity) for t in history if t.note["rung"] == 0]
    assert [sum(b == n for b, _ in starts) for n in range(3)] == [9, 5, 3]
    assert [next(f for b, f in starts if b == n) for n in range(3)] == pytest.approx([1 / 9, 1 / 3, 1.0])


@pytest.mark.parametrize("sampler", ["tpe", "gp"])
def test_bayesian_optimisation_begins_at_the_start_and_closes_in_on_what_scores_well(sampler):
    start = {"optimiser.lr": 1e-4, "batch_size": 64, "optimiser.name": "adamw"}
    history = walk("bayesian", start=start, sampler=sampler, num_trials=18 if sampler == "tpe" else 11)
    assert history[0].values == start
    first, last = history[:8], history[8:]
    assert max(t.score for t in last) > max(t.score for t in first)


def test_bayesian_optimisation_goes_on_after_failures_and_pruned_trials():
    history = [
        Tried(number=i, values={"optimiser.lr": 0.01, "batch_size": 8 + i, "optimiser.name": "adamw"}, digest="",
              state=("failed", "pruned", "complete")[i % 3], score=0.1 * i if i % 3 == 2 else None,
              curve={20: 0.1} if i % 3 == 1 else {}) for i in range(12)
    ]  # fmt: skip
    assert len(walk("bayesian", history=history, most=14)) == 14


def test_unknown_samplers_are_named():
    with pytest.raises(ConfigError, match=r"unknown sampler 'tpee'. Did you mean 'tpe'"):
        walk("bayesian", sampler="tpee")


def test_importance_finds_the_field_that_matters_and_is_silent_about_few_trials():
    history = walk("random", num_trials=40)
    shares = importance(SPACE, history, seed=0)
    assert next(iter(shares)) == "optimiser.lr"
    assert sum(shares.values()) == pytest.approx(1.0, abs=1e-3)
    assert set(shares) == set(SPACE.dimensions)
    assert importance(SPACE, history[:5], seed=0) == {}
    assert importance(SPACE, walk("random", num_trials=12, measure=lambda v, f: 1.0), seed=0) == {}


def test_rank_correlation_is_one_where_short_trainings_rank_as_long_ones_do():
    agreeing = rank_correlation(walk("halving", num_trials=27))
    assert [(row["num"], row["spearman"]) for row in agreeing] == [(3, pytest.approx(1.0)), (3, pytest.approx(1.0))]
    opposed = rank_correlation(walk("halving", num_trials=27, measure=lambda v, f: score(v) * (1 if f < 1 else -1)))
    assert [row["spearman"] for row in opposed] == pytest.approx([-1.0, -1.0])
    assert rank_correlation(walk("random", num_trials=5)) == []
