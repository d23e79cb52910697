"""Losses are seen however they are called, through the mode and through the taps alike."""

import warnings

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from whet.rng import drawing_globally
from whet.watching.bound_losses import BOUND, tap_losses
from whet.watching.loss_calls import LOSSES, LossCalls
from whet.watching.taps import Taps


@pytest.fixture(autouse=True)
def draws():
    with drawing_globally(0, "loss tests"):
        yield


def tapped(call):
    taps, seen = Taps(), []
    tap_losses(taps, wants=lambda: True, note=lambda describe: seen.append(describe()))
    try:
        value = call()
    finally:
        taps.remove()
    return seen, value


def by_mode(call):
    with LossCalls() as calls:
        value = call()
    return calls.seen, value


LOOKS = pytest.mark.parametrize("look", [tapped, by_mode])


def logits():
    return torch.randn(4, 3, requires_grad=True)


CODES = torch.tensor([0, 1, 2, 0])


@LOOKS
@pytest.mark.parametrize(
    ("call", "name", "reduction"),
    [
        (lambda o: F.cross_entropy(o, CODES), "cross_entropy", "mean"),
        (lambda o: F.cross_entropy(input=o, target=CODES, reduction="sum"), "cross_entropy", "sum"),
        (lambda o: nn.CrossEntropyLoss(weight=torch.ones(3), label_smoothing=0.1)(o, CODES), "cross_entropy", "mean"),
        (lambda o: nn.NLLLoss(reduction="none")(o, CODES).mean(), "nll_loss", "none"),
        (lambda o: nn.MultiMarginLoss()(o, CODES), "multi_margin_loss", "mean"),
    ],
)
def test_classes_by_position_by_name_with_weights_and_reductions(look, call, name, reduction):
    seen, value = look(lambda: call(logits()))
    assert [(s.function, s.outputs, s.targets, s.reduction) for s in seen] == [(name, (4, 3), (4,), reduction)]
    assert seen[0].value == pytest.approx(value.item())
    assert not seen[0].is_detached


@LOOKS
@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda o, t: F.mse_loss(o, t), "mse_loss"),
        (lambda o, t: nn.L1Loss()(o, t), "l1_loss"),
        (lambda o, t: nn.SmoothL1Loss()(o, t), "smooth_l1_loss"),
        (lambda o, t: nn.HuberLoss()(o, t), "huber_loss"),
        (lambda o, t: F.binary_cross_entropy_with_logits(o, t), "binary_cross_entropy_with_logits"),
        (lambda o, t: nn.BCELoss()(o.sigmoid(), t), "binary_cross_entropy"),
        (lambda o, t: F.kl_div(o, t, reduction="sum"), "kl_div"),
        (lambda o, t: nn.GaussianNLLLoss()(o, t, torch.ones(4, 3)), "gaussian_nll_loss"),
        (lambda o, t: nn.MultiLabelSoftMarginLoss()(o, t.round()), "multilabel_soft_margin_loss"),
        (lambda o, t: nn.PoissonNLLLoss()(o, t), "poisson_nll_loss"),
        (lambda o, t: nn.SoftMarginLoss()(o, t), "soft_margin_loss"),
        (lambda o, t: nn.HingeEmbeddingLoss()(o, t), "hinge_embedding_loss"),
        (lambda o, t: nn.TripletMarginLoss()(o, t, t + 1), "triplet_margin_loss"),
        (lambda o, t: nn.CosineEmbeddingLoss()(o, t, torch.ones(4)), "cosine_embedding_loss"),
        (lambda o, t: nn.MarginRankingLoss()(o, t, torch.ones(4, 3)), "margin_ranking_loss"),
    ],
)
def test_every_kind_is_seen_with_its_value(look, call, name):
    seen, value = look(lambda: call(logits(), torch.rand(4, 3)))
    assert [(s.function, s.outputs, s.targets) for s in seen] == [(name, (4, 3), (4, 3))]
    assert seen[0].value == pytest.approx(value.item())


@LOOKS
def test_older_ways_to_say_a_reduction_are_understood(look):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        seen, _ = look(lambda: F.mse_loss(logits(), torch.rand(4, 3), size_average=False))
        seen += look(lambda: nn.MSELoss(reduce=False)(logits(), torch.rand(4, 3)))[0]
    assert [s.reduction for s in seen] == ["sum", "none"]


@LOOKS
def test_a_mean_over_the_batch_is_no_sum(look):
    seen, value = look(lambda: nn.KLDivLoss(reduction="batchmean")(logits(), torch.rand(4, 3)))
    assert [s.reduction for s in seen] == ["batchmean"]
    assert seen[0].value == pytest.approx(value.item())


@LOOKS
def test_shapes_that_are_broadcast_are_seen_as_they_were(look):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        seen, _ = look(lambda: F.mse_loss(torch.randn(4, 1), torch.randn(4)))
        seen += look(lambda: F.l1_loss(torch.randn(4), torch.randn(4, 1)))[0]
    assert [(s.outputs, s.targets) for s in seen] == [((4, 1), (4,)), ((4,), (4, 1))]


@LOOKS
def test_probabilities_are_told_from_logits(look):
    seen, _ = look(lambda: F.cross_entropy(logits().softmax(1), CODES))
    seen += look(lambda: F.cross_entropy(logits(), CODES))[0]
    assert [s.rows_sum_to_one for s in seen] == [True, False]


@LOOKS
def test_a_loss_without_a_graph_is_detached_unless_gradients_are_off(look):
    assert look(lambda: F.cross_entropy(logits().detach(), CODES))[0][0].is_detached
    with torch.no_grad():
        assert not look(lambda: F.cross_entropy(logits(), CODES))[0][0].is_detached


@LOOKS
def test_a_loss_of_other_operations_is_not_seen(look):
    seen, _ = look(lambda: -(logits().log_softmax(1)[range(4), CODES]).mean())
    assert not seen


@LOOKS
def test_values_and_gradients_are_those_without_looking(look):
    outputs = logits()
    plain = F.cross_entropy(outputs, CODES)
    (expected,) = torch.autograd.grad(plain, outputs)
    _, value = look(lambda: F.cross_entropy(outputs, CODES))
    assert torch.equal(value, plain)
    assert torch.equal(torch.autograd.grad(value, outputs)[0], expected)


def test_every_binding_belongs_to_a_loss_that_the_mode_knows():
    assert set(BOUND) <= LOSSES
    assert all(hasattr(owner, binding) for owner, binding, _ in BOUND.values())
