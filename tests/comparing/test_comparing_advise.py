"""Advice without training: verdicts follow from sizes, claims from measurements."""

import numpy as np
import pandas as pd
import pytest

from whet.comparing.api import advise
from whet.comparing.linear_look import Order
from whet.comparing.looking import Look
from whet.comparing.rules import RULES
from whet.comparing.verdicts import FITS, POSSIBLE, TOO_LITTLE, pretrained_advice, verdict
from whet.data.kinds import Modality


def look(modality=Modality.TEXT, num_train=5_000, **fields):
    sizes = {"num_valid": 100, "num_sealed": 100, "metric": "accuracy", "metric_title": "accuracy", "unit": "fraction"}
    return Look(modality=modality, num_train=num_train, **sizes, **fields)


@pytest.mark.parametrize(("family", "modality"), list(RULES))
def test_more_examples_never_make_a_verdict_worse(family, modality):
    order = [TOO_LITTLE, POSSIBLE, FITS]
    levels = [order.index(verdict(family, look(modality, n)).verdict) for n in (1, 100, 1_000, 10_000, 10**6)]
    assert levels == sorted(levels)
    assert (levels[0], levels[-1]) == (0, 2)


@pytest.mark.parametrize("rule", list(RULES.values()))
def test_every_rule_has_a_reason_and_a_source(rule):
    assert rule.because
    assert rule.source
    assert 0 < rule.possible < rule.fits


def test_few_examples_in_a_class_and_long_series_lower_the_verdict():
    pictures = {"modality": Modality.IMAGE, "num_train": 5_000}
    assert verdict("cnn", look(**pictures, class_counts=(2_500, 2_500))).verdict == FITS
    few = verdict("cnn", look(**pictures, class_counts=(4_995, 5)))
    assert few.verdict == POSSIBLE
    assert any("smallest class has 5 examples" in reason for reason in few.why)
    assert verdict("lstm", look(Modality.SERIES, typical_length=100.0)).verdict == FITS
    assert verdict("lstm", look(Modality.SERIES, typical_length=5_000.0)).verdict == POSSIBLE


def test_word_order_is_spoken_of_only_where_it_was_measured():
    pays = Order(gain=0.05, low=0.02, high=0.08, words="+5 points")
    open_ = Order(gain=0.01, low=-0.02, high=0.04, words="+1 points")
    said = {o: " ".join(verdict("lstm", look(order=o)).why) for o in (None, pays, open_)}
    assert "word order" not in said[None]
    assert "pays here" in said[pays]
    assert "not seen to pay" in said[open_]


def test_a_pretrained_start_is_advised_for_few_texts_and_not_for_tables():
    assert "Start from a pretrained model" in pretrained_advice(look(num_train=500), [])
    assert "optional" in pretrained_advice(look(num_train=500_000), [])
    assert "from scratch" in pretrained_advice(look(Modality.TABLE), [])


def texts(num=160):
    rng = np.random.default_rng(0)
    words = np.array(["ship", "tea", "road", "lamp", "green", "seven", "often", "walk"])
    codes = rng.integers(0, 2, num)
    lines = [" ".join([*rng.choice(words, 6), ("awful", "great")[c]]) for c in codes]
    return pd.DataFrame({"text": lines, "label": np.where(codes == 1, "good", "bad")})


def test_texts_are_looked_at_without_training_a_network(monkeypatch):
    from whet.training import fit as fitting

    monkeypatch.setattr(fitting, "fit_network", lambda *a, **k: pytest.fail("advise must not train a network"))
    found = advise(texts(), target="label", types={"text": "text"})
    assert found.look.covered == 1.0
    assert found.look.typical_length == 7
    sizes = [step.num_train for step in found.look.curve]
    assert sizes == sorted(sizes)
    assert len(sizes) == 3
    assert found.look.curve[-1].score > 0.9
    verdicts = {v.family: v.verdict for v in found.verdicts}
    assert verdicts["linear"] == FITS
    timed = [o for o in found.options if o.pace is not None]
    assert timed
    assert all(o.pace.epoch_s > 0 and o.pace.num_parameters > 0 for o in timed)
    assert all(o.pace is None for o in found.options if o.family in ("linear", "majority"))
    assert found.to_dict()["look"]["modality"] == "text"


def test_pure_noise_promises_nothing():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.normal(size=120), "b": rng.normal(size=120), "y": rng.choice(["u", "v"], 120)})
    found = advise(frame, target="y")
    assert found.look.order is None
    assert found.look.covered is None
    assert not any("more data would pay." in s and "clearly" in s for s in found.sentences)
