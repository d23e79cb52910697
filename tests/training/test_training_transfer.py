"""Adapting a pretrained body: phases, rates by layer, low-rank additions, contrastive learning."""

import copy
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

sys.path.insert(0, str(Path(__file__).parents[1] / "contract"))
from contract_data import encoded, target_of, tiny

from whet.data.kinds import Modality
from whet.errors import ConfigError
from whet.models.architecture import build
from whet.recipe import Length, Optimiser, Recipe, Regularisation, Transfer
from whet.training.contrastive import contrastive_loss
from whet.training.fit import fit
from whet.training.fitted import FitSetting
from whet.training.lora import LowRank, add_low_rank, merge_low_rank
from whet.training.optimisers import build_optimisers
from whet.training.phases import Phases, free_from
from whet.training.restore import restore

DATA = tiny(Modality.TEXT, n=48)
TARGET = target_of(DATA)
PLAIN = Recipe(
    architecture="text_transformer",
    settings={"width": 16, "depth": 2, "heads": 2},
    length=Length(epochs=4.0),
    optimiser=Optimiser(lr=3e-3),
    batch_size=16,
)


def network(seed=0):
    spec, batch = encoded(Modality.TEXT, n=16)
    return build(PLAIN.architecture, spec, 3, PLAIN.settings, seed=seed), {"tokens": batch["tokens"]}


def trained(transfer, **changes):
    recipe = replace(PLAIN, transfer=transfer, **changes)
    return fit(recipe, TARGET, DATA, None, setting=FitSetting(num_threads=1))


def weights(training):
    return {n: a for n, a in training.fitted.state().arrays.items() if n.startswith("model.")}


def test_neutral_transfer_changes_nothing():
    assert all(
        np.array_equal(a, b)
        for a, b in zip(weights(trained(Transfer())).values(), weights(trained(Transfer())).values())
    )


@pytest.mark.parametrize(
    ("transfer", "expected"),
    [
        (Transfer(), [0.0, 0.0, 0.0]),
        (Transfer(head_first=0.3), [0.3, 0.3, 0.0]),
        (Transfer(head_first=0.2, gradual=0.4), [0.6, 0.4, 0.0]),
        (Transfer(contrastive=0.5, head_first=0.25), [0.75, 0.75, 0.5]),
        (Transfer(frozen_groups=1), [float("inf"), 0.0, 0.0]),
    ],
)
def test_groups_are_set_free_from_the_top(transfer, expected):
    assert free_from(transfer, 3) == expected


def moving_groups(model):
    return [any(p.requires_grad for p in group) for group in model.layer_groups()]


def test_the_head_moves_alone_first_and_the_body_follows():
    model, _ = network()
    phases = Phases(model, Transfer(head_first=0.5), None, None)
    phases.enter(0.0)
    assert moving_groups(model)[-1]
    assert not any(moving_groups(model)[:-1])
    phases.enter(0.6)
    assert all(moving_groups(model))


def test_in_the_contrastive_phase_the_head_is_held():
    model, _ = network()
    phases = Phases(model, Transfer(contrastive=0.5), "supervised", "contrastive")
    phases.enter(0.1)
    assert not moving_groups(model)[-1]
    assert all(moving_groups(model)[:-1])
    assert phases.objective(0.1) == "contrastive"
    assert phases.objective(0.5) == "supervised"


def test_a_body_that_is_held_to_the_end_keeps_its_weights_bit_for_bit():
    before, _ = network(seed=PLAIN.seed)
    groups = len(before.layer_groups()) - 1
    training = trained(Transfer(frozen_groups=groups), regularisation=Regularisation(weight_decay=0.1))
    head = {f"model.head.{n}" for n, _ in before.head.named_parameters()}
    start = {f"model.{n}": t.detach().numpy() for n, t in fresh_like(training).state_dict().items()}
    after = weights(training)
    assert all(np.array_equal(after[n], start[n]) for n in after if n not in head)
    assert any(not np.array_equal(after[n], start[n]) for n in head)


def fresh_like(training):
    fitted = training.fitted
    return build(PLAIN.architecture, fitted.encoder.spec, 3, PLAIN.settings, seed=PLAIN.seed)


def test_lower_layers_take_smaller_steps_with_layer_decay():
    model, _ = network()
    optimisers = build_optimisers(model, Optimiser(lr=1.0), layer_decay=0.5)
    rates = [part.param_groups[0]["lr"] for part in optimisers.parts]
    assert rates == [0.5**depth for depth in range(len(model.layer_groups()))]
    moved = [p for part in optimisers.parts for p in part.param_groups[0]["params"]]
    assert {id(p) for p in moved} == {id(p) for p in model.parameters()}
    assert len(moved) == len(list(model.parameters()))


@pytest.mark.parametrize("name", ["adamw", "sgd", "muon"])
def test_no_layer_decay_is_the_same_as_before_for_every_optimiser(name):
    model, _ = network()
    plain = build_optimisers(model, Optimiser(name=name))
    given = build_optimisers(model, Optimiser(name=name), layer_decay=1.0)
    assert [len(p.param_groups[0]["params"]) for p in plain.parts] == [
        len(p.param_groups[0]["params"]) for p in given.parts
    ]


def test_low_rank_additions_start_at_nothing_and_merge_into_the_same_function():
    model, batch = network()
    reference = copy.deepcopy(model).eval()
    with torch.random.fork_rng():
        torch.manual_seed(0)
        add_low_rank(model, 4)
        wrapped = [m for m in model.modules() if isinstance(m, LowRank)]
        assert wrapped
        torch.testing.assert_close(model.eval()(batch), reference(batch))
        for module in wrapped:
            torch.nn.init.normal_(module.up, std=0.1)
    changed = model(batch)
    assert not torch.allclose(changed, reference(batch), atol=1e-3)
    merge_low_rank(model)
    torch.testing.assert_close(model(batch), changed, atol=1e-5, rtol=1e-5)
    assert model.state_dict().keys() == reference.state_dict().keys()


def test_with_low_rank_additions_only_they_and_the_head_receive_gradients():
    model, batch = network()
    add_low_rank(model, 2)
    model(batch).sum().backward()
    head = {id(p) for p in model.head.parameters()}
    thin = {id(p) for m in model.modules() if isinstance(m, LowRank) for p in (m.up, m.down)}
    assert all((p.grad is not None) == (id(p) in head | thin) for p in model.parameters())


def test_a_model_trained_with_low_rank_additions_is_stored_as_an_ordinary_one():
    training = trained(Transfer(lora_rank=2, head_first=0.25))
    recipe = replace(PLAIN, transfer=Transfer(lora_rank=2, head_first=0.25))
    again = restore(recipe, TARGET, training.fitted.state())
    assert np.array_equal(again.scores(DATA), training.fitted.scores(DATA))
    assert not [n for n in training.fitted.state().arrays if "down" in n]


def test_low_rank_needs_linear_layers():
    spec, _ = encoded(Modality.TEXT)
    with pytest.raises(ConfigError, match="lora_rank"):
        add_low_rank(build("embedding_bag", spec, 3, {}, seed=0), 2)


@pytest.mark.parametrize(
    "transfer", [Transfer(contrastive=0.4, head_first=0.3), Transfer(head_first=0.2, gradual=0.5, layer_decay=0.8)]
)
def test_a_training_in_phases_that_stopped_and_went_on_equals_one_that_never_stopped(tmp_path, transfer):
    from whet.training.interrupted import Interrupted

    whole = weights(trained(transfer))
    recipe, asked = replace(PLAIN, transfer=transfer), iter(range(1000))
    setting = FitSetting(num_threads=1, checkpoint=tmp_path, should_stop=lambda: next(asked) == 7)
    with pytest.raises(Interrupted):
        fit(recipe, TARGET, DATA, None, setting=setting)
    again = weights(fit(recipe, TARGET, DATA, None, setting=FitSetting(num_threads=1, checkpoint=tmp_path)))
    assert all(np.array_equal(whole[n], again[n]) for n in whole)


def test_contrastive_loss_equals_the_sum_over_pairs_written_out():
    generator = torch.Generator().manual_seed(0)
    features, codes = torch.randn(6, 4, generator=generator), torch.tensor([0, 0, 1, 1, 1, 2])
    unit = torch.nn.functional.normalize(features, dim=1)
    losses = []
    for i in range(6):
        others = [j for j in range(6) if j != i]
        partners = [j for j in others if codes[j] == codes[i]]
        if partners:
            total = sum(torch.exp(unit[i] @ unit[j] / 0.2) for j in others)
            losses.append(-sum(torch.log(torch.exp(unit[i] @ unit[j] / 0.2) / total) for j in partners) / len(partners))
    torch.testing.assert_close(contrastive_loss(features, codes, temperature=0.2), torch.stack(losses).mean())


def test_a_batch_without_pairs_has_a_gradient_of_zero():
    features = torch.randn(3, 2, generator=torch.Generator().manual_seed(0), requires_grad=True)
    contrastive_loss(features, torch.arange(3), temperature=0.1).backward()
    assert features.grad.abs().sum() == 0


def test_contrastive_learning_of_a_number_is_refused():
    data = tiny(Modality.TEXT, "number", n=48)
    recipe = replace(PLAIN, transfer=Transfer(contrastive=0.3))
    with pytest.raises(ConfigError, match="number"):
        fit(recipe, target_of(data), data, None, setting=FitSetting(num_threads=1, metric="rmse"))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("head_first", 1.0),
        ("gradual", -0.1),
        ("layer_decay", 0.0),
        ("frozen_groups", -1),
        ("lora_rank", -2),
        ("contrastive", 1.5),
    ],
)
def test_settings_out_of_range_are_refused(field, value):
    with pytest.raises(ConfigError, match=rf"Transfer\.{field}.*{value}"):
        Transfer(**{field: value})
