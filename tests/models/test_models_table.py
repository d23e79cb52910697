import numpy as np
import pytest
import torch
import torch.nn.functional as F

from whet.data.inputs import InputSpec
from whet.data.kinds import Modality
from whet.errors import ConfigError
from whet.models.architecture import build
from whet.models.mlp import MLP  # noqa: F401  (registers it)
from whet.models.number_embeddings import PeriodicNumbers, PiecewiseNumbers
from whet.models.tabm import TabM  # noqa: F401  (registers it)
from whet.rng import make_generator

SPEC = InputSpec(modality=Modality.TABLE, num_numbers=3, cardinalities=(4, 5))
SMALL = {"width": 32, "depth": 2, "embedding_dim": 4, "bins": 6}
NAMES = ["tabm", "mlp"]


def batch(n=24, seed=0):
    generator = make_generator(seed, "test")
    ids = [torch.randint(0, c, (n,), generator=generator) for c in SPEC.cardinalities]
    return {"numbers": torch.randn(n, 3, generator=generator), "categories": torch.stack(ids, dim=1)}


def members_first(outputs):
    return outputs if outputs.ndim == 3 else outputs.unsqueeze(1)


@pytest.mark.parametrize("embedding", ["piecewise", "periodic", "none"])
def test_outputs_have_one_row_per_example_and_member(embedding):
    settings = {**SMALL, "embedding": embedding}
    assert build("tabm", SPEC, 7, {**settings, "members": 5}, seed=0)(batch()).shape == (24, 5, 7)
    assert build("mlp", SPEC, 7, settings, seed=0)(batch()).shape == (24, 7)


@pytest.mark.parametrize("name", NAMES)
def test_every_parameter_receives_a_finite_nonzero_gradient(name):
    model = build(name, SPEC, 3, {**SMALL, "dropout": 0.0}, seed=0)
    outputs = members_first(model(batch()))
    targets = torch.arange(24) % 3
    F.cross_entropy(outputs.flatten(0, 1), targets.repeat_interleave(outputs.shape[1])).backward()
    for key, parameter in model.named_parameters():
        assert parameter.grad is not None, key
        assert parameter.grad.isfinite().all(), key
        assert parameter.grad.abs().sum() > 0, key


@pytest.mark.parametrize("name", NAMES)
def test_memorises_one_batch(name):
    model = build(name, SPEC, 3, {**SMALL, "dropout": 0.0}, seed=0)
    x, y = batch(), torch.arange(24) % 3
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-2)
    for _ in range(100):
        outputs = members_first(model(x))
        loss = F.cross_entropy(outputs.flatten(0, 1), y.repeat_interleave(outputs.shape[1]))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert loss.item() < 0.01


@pytest.mark.parametrize("name", NAMES)
def test_the_seed_decides_the_weights_and_companions_do_not_change_a_row(name):
    one, two, other = (build(name, SPEC, 2, SMALL, seed=s).eval() for s in (0, 0, 1))
    assert torch.equal(one(batch()), two(batch()))
    assert not torch.equal(one(batch()), other(batch()))
    half = {k: v[:6] for k, v in batch().items()}
    assert torch.allclose(one(batch())[:6], one(half), atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_a_fresh_head_keeps_the_backbone(name):
    model = build(name, SPEC, 2, SMALL, seed=0).eval()
    before = model.forward_features(batch())
    model.reset_head(9)
    assert torch.equal(model.forward_features(batch()), before)
    assert model(batch()).shape[-1] == 9


@pytest.mark.parametrize("name", NAMES)
def test_weights_load_into_a_fresh_network_with_its_bins(name):
    model = build(name, SPEC, 2, SMALL, seed=0).eval()
    model.initialise(batch(200, seed=5))
    fresh = build(name, SPEC, 2, SMALL, seed=1).eval()
    fresh.load_state_dict(model.state_dict())
    assert torch.equal(fresh(batch()), model(batch()))


def test_tables_without_numbers_or_without_categories_are_read():
    for spec in (
        InputSpec(modality=Modality.TABLE, num_numbers=0, cardinalities=(4, 5)),
        InputSpec(modality=Modality.TABLE, num_numbers=3),
    ):
        x = batch()
        sizes = {"numbers": spec.num_numbers, "categories": len(spec.cardinalities)}
        x = {name: values[:, : sizes[name]] for name, values in x.items()}
        model = build("tabm", spec, 2, {**SMALL, "members": 2}, seed=0)
        model.initialise(x)
        assert model(x).shape == (24, 2, 2)


def test_an_unknown_category_starts_out_saying_nothing():
    stem = build("mlp", SPEC, 2, {**SMALL, "embedding": "none", "category_dim": 3}, seed=0).stem
    x = {"numbers": torch.zeros(1, 3), "categories": torch.zeros(1, 2, dtype=torch.int64)}
    assert (stem(x) == 0).all()


def test_one_member_of_tabm_is_a_plain_network():
    model = build("tabm", SPEC, 2, {**SMALL, "members": 1}, seed=0).eval()
    with torch.no_grad():
        model.scales.fill_(1.0)
    x = batch()
    plain = model.layers(model.stem(x)) @ model.head.weight[0] + model.head.bias[0]
    assert torch.allclose(model(x)[:, 0], plain, atol=1e-6)


def test_piecewise_bins_follow_the_examples_and_the_code_equals_the_textbook_loop():
    embed = PiecewiseNumbers(1, dim=1, bins=4)
    sample = torch.tensor(np.random.default_rng(0).exponential(size=(401, 1)), dtype=torch.float32)
    embed.place_bins(sample)
    with torch.no_grad():
        embed.linear.zero_(), embed.bias.zero_(), embed.bent.copy_(torch.tensor([[[1.0], [10.0], [100.0], [1000.0]]]))
    edges = np.quantile(sample.numpy(), [0, 0.25, 0.5, 0.75, 1.0])
    for x in (-1.0, float(edges[1]), 0.9, 50.0):
        code = [np.clip((x - edges[q]) / (edges[q + 1] - edges[q]), 0, 1) for q in range(4)]
        expected = np.dot(code, [1, 10, 100, 1000])
        assert embed(torch.tensor([[x]])).item() == pytest.approx(expected, rel=1e-3, abs=1e-4)


def test_a_constant_number_makes_empty_bins_that_stay_finite():
    embed = PiecewiseNumbers(1, dim=2, bins=4)
    embed.place_bins(torch.zeros(50, 1))
    assert embed(torch.tensor([[0.0], [5.0]])).isfinite().all()


def test_periodic_embeddings_have_the_declared_shape():
    assert PeriodicNumbers(3, dim=4, waves=5)(torch.randn(2, 3)).shape == (2, 3, 4)


def test_wrong_settings_are_reported_together_with_the_value():
    with pytest.raises(ConfigError, match=r"width must be .*got 0.*dropout must be in \[0, 1\); got 1.0"):
        build("tabm", SPEC, 2, {"width": 0, "dropout": 1.0}, seed=0)
    with pytest.raises(ConfigError, match=r"mlp.embedding must be .*got 'cubic'"):
        build("mlp", SPEC, 2, {"embedding": "cubic"}, seed=0)
