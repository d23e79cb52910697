from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

import whet.models.embedding_bag
import whet.models.text_cnn
import whet.models.text_transformer  # noqa: F401
from whet.data.inputs import InputSpec
from whet.data.kinds import Modality
from whet.errors import ConfigError
from whet.models.architecture import build
from whet.rng import make_generator

SPEC = InputSpec(modality=Modality.TEXT, vocab_size=40, num_buckets=40, max_tokens=16)
NAMES = ["embedding_bag", "text_cnn", "text_transformer"]
SMALL = {
    "embedding_bag": {"dim": 16, "hidden": 8},
    "text_cnn": {"dim": 16, "filters": 8},
    "text_transformer": {"width": 16, "heads": 2},
}


def small(name, seed=0, **settings):
    return build(name, SPEC, 3, {**SMALL[name], **settings}, seed=seed)


def tiny_batch(rows=12, length=8):
    ids = torch.randint(1, 40, (rows, length), generator=make_generator(0, "ids"))
    lengths = torch.arange(rows) % length + 1
    ids = torch.where(torch.arange(length) < lengths[:, None], ids, 0)
    return {"tokens": ids, "ngrams": ids}


def lengthened(batch, by=5):
    return {name: F.pad(ids, (0, by)) for name, ids in batch.items()}


@pytest.mark.parametrize("name", NAMES)
def test_outputs_are_a_row_per_text_and_a_column_per_class(name):
    net = small(name)
    assert net(tiny_batch()).shape == (12, 3)
    net.reset_head(5)
    assert net(tiny_batch()).shape == (12, 5)


@pytest.mark.parametrize("name", NAMES)
def test_the_length_of_padding_changes_no_output(name):
    net = small(name).eval()
    assert torch.allclose(net(tiny_batch()), net(lengthened(tiny_batch())), atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_batch_companions_and_row_order_change_no_output(name):
    net, batch = small(name).eval(), tiny_batch()
    order = torch.tensor([7, 2, 4])
    some = {part: ids[order] for part, ids in batch.items()}
    assert torch.allclose(net(batch)[order], net(some), atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("training", [True, False])
def test_an_empty_text_gives_finite_outputs_and_gradients(name, training):
    net = small(name).train(training)
    ids = torch.tensor([[0, 0], [3, 0]])
    net({"tokens": ids, "ngrams": ids}).square().sum().backward()
    assert all(p.grad is None or p.grad.isfinite().all() for p in net.parameters())


@pytest.mark.parametrize("name", NAMES)
def test_every_parameter_receives_a_finite_nonzero_gradient(name):
    net = small(name, dropout=0.0)
    F.cross_entropy(net(tiny_batch()), torch.arange(12) % 3).backward()
    for parameter, p in net.named_parameters():
        assert p.grad is not None, parameter
        assert p.grad.isfinite().all(), parameter
        assert p.grad.abs().sum() > 0, parameter


@pytest.mark.parametrize("name", NAMES)
def test_padding_is_never_trained(name):
    net = small(name)
    F.cross_entropy(net(tiny_batch()), torch.arange(12) % 3).backward()
    assert not net.embed.weight[0].any() or name != "embedding_bag"
    assert not net.embed.weight.grad[0].any()


@pytest.mark.parametrize("name", NAMES)
def test_it_memorises_one_batch(name):
    net, y = small(name, dropout=0.0), torch.arange(12) % 3
    optimiser = torch.optim.Adam(net.parameters(), lr=0.05)
    for _ in range(60):
        loss = F.cross_entropy(net(tiny_batch()), y)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert loss.item() < 0.05


@pytest.mark.parametrize("name", NAMES)
def test_the_seed_alone_decides_the_initial_weights(name):
    one, two, other = (small(name, seed=s).state_dict() for s in (0, 0, 1))
    assert all(one[k].equal(two[k]) for k in one)
    assert not one["embed.weight"].equal(other["embed.weight"])


@pytest.mark.parametrize("name", NAMES)
def test_embeddings_vectors_and_only_they_are_spared_from_decay(name):
    net = small(name)
    decayed = {id(p) for p in net.decayed()}
    spared = {n for n, p in net.named_parameters() if p.ndim >= 2 and id(p) not in decayed}
    assert spared == ({"embed.weight", "position.weight"} if name == "text_transformer" else {"embed.weight"})


@pytest.mark.parametrize("name", NAMES)
def test_evaluation_mode_draws_nothing(name):
    net = small(name).eval()
    assert net(tiny_batch()).equal(net(tiny_batch()))


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("embedding_bag", {"dim": 0, "dropout": 1.0}, r"dim must be at least 1; got 0.*dropout must be in \[0, 1\)"),
        ("text_cnn", {"filters": 0}, "filters must be at least 1; got 0"),
        ("text_transformer", {"width": 10, "heads": 4}, "width must be positive and divisible by heads"),
    ],
)
def test_settings_out_of_range_are_refused_together(name, settings, message):
    with pytest.raises(ConfigError, match=message):
        build(name, SPEC, 3, settings, seed=0)


def test_the_transformer_knows_the_order_of_words_and_the_bag_does_not():
    batch = {"tokens": torch.tensor([[3, 4, 5]]), "ngrams": torch.tensor([[3, 4, 5]])}
    turned = {name: ids.flip(1) for name, ids in batch.items()}
    reader, bag = small("text_transformer").eval(), small("embedding_bag").eval()
    assert not torch.allclose(reader(batch), reader(turned), atol=1e-6)
    assert torch.allclose(bag(batch), bag(turned), atol=1e-6)
