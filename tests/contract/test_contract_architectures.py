"""Every registered network passes the same contract; registering is enough to be tested."""

from __future__ import annotations

import copy

import pytest
import torch
import torch.nn.functional as F
from contract_data import encoded, own, some

from whet.errors import ConfigError
from whet.models.architecture import architectures, build

NAMES = [name for name, _ in own(architectures)]
CLASSES = 3


def made(name, *, seed=0, n=16):
    spec, batch = encoded(architectures[name].modality, n=n)
    batch = {part: batch[part] for part in architectures[name].parts}
    model = build(name, spec, CLASSES, {}, seed=seed)
    model.initialise(batch)
    return model, batch


def loss_of(model, batch, codes):
    outputs = model(batch)
    if outputs.ndim == 3:  # members side by side: each is trained on its own
        codes = codes[:, None].expand(outputs.shape[:2]).reshape(-1)
    return F.cross_entropy(outputs.reshape(-1, CLASSES).float(), codes)


def codes_for(n):
    return torch.arange(n) % CLASSES


@pytest.mark.parametrize("name", NAMES)
def test_every_parameter_receives_a_finite_nonzero_gradient(name):
    model, batch = made(name)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        loss_of(model.train(), batch, codes_for(16)).backward()
    for parameter_name, parameter in model.named_parameters():
        if parameter.requires_grad:
            assert parameter.grad is not None, parameter_name
            assert parameter.grad.isfinite().all(), parameter_name
            assert parameter.grad.abs().sum() > 0, parameter_name


@pytest.mark.parametrize("name", NAMES)
def test_memorises_one_batch(name):
    model, batch = made(name)
    codes = codes_for(16)
    optimiser = torch.optim.Adam(model.parameters(), lr=3e-3)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        for step in range(300):
            loss = loss_of(model.train(), batch, codes)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            if step % 20 == 19 and loss_of(model.eval(), batch, codes) < 0.05:
                break
    assert loss_of(model.eval(), batch, codes) < 0.05


@pytest.mark.parametrize("name", NAMES)
def test_outputs_do_not_depend_on_batch_companions_in_evaluation_mode(name):
    model, batch = made(name)
    model.eval()
    with torch.no_grad():
        together = model(batch)
        alone = torch.cat([model(some(batch, slice(i, i + 1))) for i in range(4)])
    torch.testing.assert_close(alone, together[:4], atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_evaluation_mode_draws_nothing_and_changes_no_buffer(name):
    model, batch = made(name)
    model.eval()
    before, global_state = copy.deepcopy(model.state_dict()), torch.get_rng_state()
    with torch.no_grad():
        first, second = model(batch), model(batch)
    assert torch.equal(first, second)
    assert torch.equal(global_state, torch.get_rng_state())
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())


@pytest.mark.parametrize("name", NAMES)
def test_reset_head_keeps_the_backbone(name):
    model, batch = made(name)
    model.eval()
    before = {id(p): p.detach().clone() for p in model.parameters()}
    head = {id(p) for p in model.head.parameters()}
    with torch.no_grad(), torch.random.fork_rng():
        features = model.forward_features(batch)
        model.reset_head(7)
        assert torch.equal(features, model.forward_features(batch))
        assert model(batch).shape[-1] == 7
    kept = {id(p) for p in model.parameters()} & before.keys()
    assert kept == before.keys() - head
    assert all(torch.equal(p, before[id(p)]) for p in model.parameters() if id(p) in kept)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_gives_the_same_weights_bit_for_bit_and_another_seed_others(name):
    (one, _), (two, _), (other, _) = made(name), made(name), made(name, seed=1)
    assert one.state_dict().keys() == two.state_dict().keys()
    assert all(torch.equal(value, two.state_dict()[key]) for key, value in one.state_dict().items())
    assert any(not torch.equal(value, other.state_dict()[key]) for key, value in one.state_dict().items())


@pytest.mark.parametrize("name", NAMES)
def test_weights_loaded_into_a_fresh_network_give_the_same_outputs_bit_for_bit(name):
    model, batch = made(name)
    spec, _ = encoded(architectures[name].modality, n=16)
    fresh = build(name, spec, CLASSES, {}, seed=5)
    fresh.load_state_dict(model.state_dict())
    with torch.no_grad():
        assert torch.equal(fresh.eval()(batch), model.eval()(batch))


@pytest.mark.parametrize("name", NAMES)
def test_decayed_parameters_are_trainable_ones_named_once(name):
    model, _ = made(name)
    trainable = {id(p) for p in model.parameters() if p.requires_grad}
    decayed = [id(p) for p in model.decayed()]
    assert len(decayed) == len(set(decayed))
    assert set(decayed) <= trainable


@pytest.mark.parametrize("name", NAMES)
def test_an_unknown_setting_is_refused_by_name(name):
    spec, _ = encoded(architectures[name].modality, n=16)
    with pytest.raises(ConfigError, match="has no setting 'colour_of_paint'"):
        build(name, spec, CLASSES, {"colour_of_paint": 1}, seed=0)
