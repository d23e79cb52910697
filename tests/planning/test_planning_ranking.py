"""The order follows gain per second, what other data showed, and what this run shows."""

import pytest

from whet.errors import ConfigError
from whet.planning.expecting import Claim, expect
from whet.planning.portfolio import Portfolio, Seen, load_portfolio
from whet.planning.ranking import Observation, rank

EMPTY = Portfolio(seen=(), looks={}, provenance={})


def seen(remedy, gain, *, data, modality="table", found=True, cost=1.0):
    return Seen(remedy=remedy, change="", data=data, modality=modality, found=found, gain=gain, cost=cost)


def claim(remedy="ema", *, gain=1.0, cost=1.0, found=True, treats=("overfitting",)):
    return Claim(remedy=remedy, treats=frozenset(treats), gain=gain, cost=cost, found=found)


def mean(claimed, *rows, modality="table"):
    known = Portfolio(seen=tuple(rows), looks={}, provenance={})
    return expect(claimed, modality, known).expectation.mean


def test_without_data_the_claim_stands_and_counts_half_where_nothing_asks_for_it():
    assert mean(claim()) == 1.0
    assert mean(claim(found=False)) == 0.5


def test_many_data_sets_outweigh_a_claim():
    rows = [seen("ema", -1.0, data=str(i)) for i in range(40)]
    assert mean(claim(), *rows) < -0.85


def test_data_of_the_same_kind_count_most():
    near = mean(claim(), seen("ema", 5.0, data="a"))
    far = mean(claim(), seen("ema", 5.0, data="a", modality="image"))
    other = mean(claim(), seen("ema", 5.0, data="a", found=False))
    assert near > far > 1.0
    assert near > other > 1.0
    assert mean(claim(), seen("mixup", 5.0, data="a")) == 1.0


def test_a_change_of_half_the_cost_comes_first_and_of_twice_the_gain_too():
    dear, cheap = expect(claim("a", cost=2.0), "table", EMPTY), expect(claim("b", cost=1.0), "table", EMPTY)
    assert [r.index for r in rank([dear, cheap], [])] == [1, 0]
    small, large = expect(claim("a", gain=1.0), "table", EMPTY), expect(claim("b", gain=2.0), "table", EMPTY)
    assert [r.index for r in rank([small, large], [])] == [1, 0]


def test_a_disappointment_moves_its_siblings_back_and_is_told():
    prospects = [
        expect(claim("dropout", gain=1.1), "table", EMPTY),
        expect(claim("wider", treats=("underfitting",)), "table", EMPTY),
    ]
    failed = expect(claim("l1"), "table", EMPTY).expectation
    assert rank(prospects, [])[0].index == 0
    after = rank(prospects, [Observation(expectation=failed, gain=-3.0, noise=0.5)])
    assert [r.index for r in after] == [1, 0]
    assert "after what similar changes did in this run" in after[1].why
    assert "in this run" not in after[0].why


def test_the_reason_counts_data_sets_of_this_kind():
    known = Portfolio(
        seen=(
            seen("ema", 1.0, data="a"),
            seen("ema", -1.0, data="a"),  # another variant, which did not help
            seen("ema", -0.5, data="b"),
            seen("ema", 2.0, data="c", modality="image"),
        ),
        looks={},
        provenance={},
    )
    assert "it helped in 1 of 2 earlier data sets of this kind" in expect(claim(), "table", known).in_words()


def test_nothing_to_rank():
    assert rank([], []) == []


def test_the_portfolio_that_comes_with_whet_says_where_it_is_from():
    portfolio = load_portfolio()
    names = {one["name"] for one in portfolio.provenance["data"]}
    assert {row.data for row in portfolio.seen} <= names
    assert len(names) >= 10
    assert {row.modality for row in portfolio.seen} == {"image", "text", "table", "series"}
    assert all(-100 <= row.gain <= 100 and row.cost > 0 for row in portfolio.seen)
    ranks = [r for look in portfolio.looks.values() for r in (*look.by_loss.values(), *look.by_metric.values())]
    assert ranks
    assert all(-1 <= r <= 1 for r in ranks)


def test_a_portfolio_of_another_version_is_refused():
    with pytest.raises(ConfigError, match="version 7"):
        Portfolio.from_dict({"version": 7})
