"""Cheap looks in a tuning: what they are trained on, what they cost, and that the run says which they were."""

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import test_tuning_runs
from test_tuning_runs import _no_pages, _small, plan, table, trials_of, tune  # noqa: F401  (two are fixtures)

import whet
from whet.engine import bench
from whet.errors import ConfigError
from whet.improving.arena import Arena, thinned
from whet.improving.prepare import Prepared
from whet.planning.fidelity import Fidelity
from whet.recipe import Length, Recipe
from whet.report import tuning_plots
from whet.report.tuning import TuningData, told_little, write_tuning
from whet.search.fidelities.length import shortened
from whet.search.fidelity import fidelities
from whet.tasks.image_classification import ImageClassification
from whet.training.interrupted import Interrupted
from whet.tuning.look_costs import CAUTION, look_costs
from whet.tuning.options import TuningOptions
from whet.tuning.pace import Pace
from whet.tuning.plan import TuningPlan

ROWS, VALID = np.arange(100, 1000), np.arange(100)
LABELS = np.where(np.arange(1000) % 10 == 0, "rare", np.where(np.arange(1000) == 555, "once", "usual"))
ARENA = Arena(name="valid", evaluated=VALID, truth=LABELS[VALID], clusters=VALID,
              parts_of=lambda repeat: [(ROWS, VALID)], num_parts=1, num_train=900)  # fmt: skip


def part(share, labels=LABELS, seed=0):
    arena = thinned(ARENA, Fidelity(name="", examples=share), seed=seed, labels=labels)
    ((train, valid),) = arena.parts_of(0)
    assert (valid == VALID).all()
    assert set(train) <= set(ROWS)
    assert arena.num_train == len(train) == round(share * 900)
    return train


def test_a_part_has_every_label_in_proportion_and_larger_parts_hold_smaller_ones():
    small, large = part(1 / 9), part(1 / 3)
    assert set(small) < set(large)
    for train in (small, large):
        assert 555 in train
        assert abs((LABELS[train] == "rare").sum() - len(train) / 10) <= 1


def test_a_part_follows_the_seed_alone():
    assert (part(1 / 9) == part(1 / 9)).all()
    assert set(part(1 / 9)) != set(part(1 / 9, seed=1))
    assert set(part(1 / 9, labels=None)) < set(part(1 / 3, labels=None))


PLAN = TuningPlan(length=Length(seconds=2.0), trial_s=10.0, num_trials=9, finish_s=1.0, seeds=3, fixed_s=0.4)


def test_a_look_that_costs_more_than_its_share_is_given_more():
    dearer = replace(PLAN, look_costs={1 / 9: 0.5})
    assert dearer.cost_s(1 / 9, 5) == pytest.approx(2.0 + 0.5 * 8.0)
    assert dearer.cost_s(1 / 3, 5) == PLAN.cost_s(1 / 3, 5)
    assert dearer.cost_s(1.0, 5) == 10.0
    recipe = Recipe(architecture="mlp", length=Length(seconds=2.0, epochs=9.0))
    assert dearer.limited(recipe, 1 / 9).length == Length(seconds=1.2, epochs=9.0)
    assert dearer.limited(recipe, 1.0) == recipe


def test_short_looks_are_what_they_were():
    recipe = Recipe(architecture="mlp", length=Length(seconds=2.0, epochs=9.0))
    free = replace(PLAN, fixed_s=0.0)
    looked = fidelities["length"].look(free.limited(recipe, 0.25), 0.25, None).recipe
    assert looked == shortened(recipe, 0.25)


def test_dearer_looks_leave_room_for_fewer_configurations(monkeypatch):
    cheap = plan("halving", epoch_s=1.0)[1].num_trials
    made = test_tuning_runs.plan_by_time

    def dearer(*args, **settings):
        return made(*args, **settings, look_costs={1 / 9: 0.6, 1 / 3: 0.7})

    monkeypatch.setattr(test_tuning_runs, "plan_by_time", dearer)
    assert plan("halving", epoch_s=1.0)[1].num_trials < cheap


class Planned:
    """Stands in for ``Looks``."""

    kind = fidelities["width"]

    def __init__(self, prepared):
        self.prepared = prepared

    def prepared_for(self, look):
        return self.prepared

    def rows(self, look):
        return np.arange(3)


def costs(epoch_s):
    prepared = Prepared.__new__(Prepared)
    for name in Prepared.__dataclass_fields__:
        object.__setattr__(prepared, name, None)
    prepared = replace(prepared, facts=SimpleNamespace())

    def measure(recipe, data):
        assert recipe.settings["width"] < 256
        assert len(data.train) == 3
        if epoch_s is None:
            raise ConfigError("planted")
        return Pace(fixed_s=0.1, epoch_s=epoch_s, num_examples=3)

    full = Pace(fixed_s=0.1, epoch_s=1.0, num_examples=9)
    net = Recipe(architecture="mlp", settings={"width": 256})
    return look_costs(Planned(prepared), net, (1 / 9, 1 / 3, 1.0), pace=full, measure=measure)


def test_costs_are_measured_with_caution_and_never_below_the_share():
    (_, lowest), (_, middle) = costs(0.5)
    assert lowest == pytest.approx(0.5 * CAUTION, abs=1e-3)
    assert middle - lowest == pytest.approx((1.0 - lowest) * (1 / 3 - 1 / 9) / (1 - 1 / 9), abs=1e-3)  # on one line
    assert costs(0.01) == [(1 / 9, pytest.approx(1 / 9, abs=1e-3)), (1 / 3, pytest.approx(1 / 3, abs=1e-3))]
    assert costs(5.0) == costs(None) == [(1 / 9, 1.0), (1 / 3, 1.0)]


def test_options_are_kept_and_a_fidelity_without_effect_is_refused():
    kept = TuningOptions(method="halving", fidelity="examples")
    assert TuningOptions.from_dict(json.loads(json.dumps(kept.to_dict()))) == kept
    old = {name: value for name, value in TuningOptions().to_dict().items() if name != "fidelity"}
    assert TuningOptions.from_dict(old) == TuningOptions()
    with pytest.raises(ConfigError, match="fidelity 'width' has no effect with method 'bayesian'"):
        TuningOptions(fidelity="width")
    with pytest.raises(ConfigError, match=r"unknown fidelity 'exampels'. Did you mean 'examples'"):
        TuningOptions(method="halving", fidelity="exampels")


def check_page(run, kind, path, monkeypatch):
    """The page says which looks there were, and warns where they told little; old reports can still be written."""
    stored = json.loads((run.path / "report.json").read_text())
    assert stored["fidelity"] == kind
    monkeypatch.setattr(tuning_plots, "PLOTS", dict.fromkeys(tuning_plots.PLOTS, lambda data: ""))
    write_tuning(TuningData.from_dict(stored), path)
    assert f"Do {fidelities[kind].title} say what full ones will?" in path.read_text()
    assert "did not tell much here" not in path.read_text()
    stored["correlation"][0] |= {"num": 8, "spearman": 0.12}
    write_tuning(TuningData.from_dict(stored), path)
    assert "Short looks did not tell much here: the cheapest ranked 8 configurations with a correlation of 0.12" in (
        path.read_text()
    )
    old = {name: value for name, value in stored.items() if name not in ("fidelity", "looks", "share_of")}
    old["correlation"] = [{"fidelity": 1 / 3, "num": 2, "spearman": None}]
    write_tuning(TuningData.from_dict(old), path)
    assert "Do shorter trainings say what full ones will?" in path.read_text()


@pytest.mark.parametrize("kind", ["examples", "width"])
def test_a_resumed_search_equals_one_that_never_stopped_and_says_what_its_looks_were(tmp_path, kind, monkeypatch):
    settings = {"method": "halving", "trials": 3, "fidelity": kind, "seeds": 1, "epochs": 1,
                "space": {"optimiser.lr": {"low": 1e-4, "high": 1e-1, "log": True}}}  # fmt: skip
    if kind == "width":
        settings["space"] = {**settings["space"], "settings.width": {"values": [32, 64]}}
    whole = tune(tmp_path / "whole", **settings)
    assert sorted({t[1] for t in trials_of(whole)}) == [pytest.approx(1 / 3), 1.0]
    assert whole.summary["tuning"]["fidelity"] == kind
    check_page(whole, kind, tmp_path / "page.html", monkeypatch)
    polls = iter(range(10**9))
    with pytest.raises(Interrupted):
        tune(tmp_path / "run", should_stop=lambda: next(polls) > 40, **settings)
    resumed = whet.resume(tmp_path / "run", source=table())
    assert trials_of(resumed) == trials_of(whole)


def test_looks_at_smaller_pictures_are_small_in_training_and_in_scoring(tmp_path, monkeypatch):
    start = Recipe(architecture="convnet", settings={"widths": (8, 8), "depth": 1}, batch_size=32)
    monkeypatch.setattr(ImageClassification, "default", lambda self, facts: start)
    seen, fit = [], bench.fit

    def watched(recipe, target, train, valid, **how):
        seen.append(tuple(part.schema.features[0].image_size for part in (train, valid)))
        return fit(recipe, target, train, valid, **how)

    monkeypatch.setattr(bench, "fit", watched)
    rng = np.random.default_rng(0)
    labels = np.arange(160) % 2
    pixels = (rng.integers(0, 200, (160, 24, 24, 1)) + 50 * labels[:, None, None, None]).astype(np.uint8)
    space = {"optimiser.lr": {"values": [1e-3, 1e-2, 1e-1]}}
    settings = {"method": "halving", "fidelity": "pictures", "trials": 3, "epochs": 1, "budget": None, "seeds": 1}
    run = whet.tune((pixels, labels.astype(str)), space=space, out=tmp_path / "run", **settings)
    sizes = {size for pair in seen for size in pair}
    assert sizes == {(24, 24, 1), (14, 14, 1)}
    assert all(one == other for one, other in seen)
    assert run.summary["test"]["opened"] == 1
    assert run.model.predict(pixels[:4]).shape == (4,)


def test_pictures_of_a_table_are_refused_before_anything_is_trained(tmp_path):
    with pytest.raises(ConfigError, match="these data are of the kind 'table'"):
        tune(tmp_path / "run", method="halving", fidelity="pictures")
    assert not (tmp_path / "run").exists()


def test_it_is_said_when_the_cheapest_looks_told_little():
    def page(**row):
        usual = {"fidelity": 1 / 9, "num": 3, "spearman": None, "next_num": 3, "next_spearman": None}
        better = {**usual, "fidelity": 1 / 3, "num": 9, "spearman": 0.0}
        return SimpleNamespace(correlation=(better, {**usual, **row}))

    assert told_little(page(num=6, spearman=0.2)) == (0.2, 6)
    assert told_little(page(num=5, spearman=0.2)) is None
    assert told_little(page(num=6, spearman=0.4)) is None
    assert told_little(page(next_num=9, next_spearman=-0.5)) == (-0.5, 9)
    assert told_little(page(num=6, spearman=0.4, next_num=9, next_spearman=-0.5)) is None
    assert told_little(SimpleNamespace(correlation=())) is None
