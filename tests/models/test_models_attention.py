"""Attention: equality with PyTorch's, masks, real weights, caches, positions."""

import pytest
import torch
from torch import nn

from whet.errors import ConfigError, ShapeError
from whet.models.attention import MultiHeadAttention
from whet.models.attention_cache import AttentionCache
from whet.models.positions import POSITIONS, Positions, rotate, rotation, sinusoids, sinusoids_2d
from whet.rng import drawing_globally, make_generator

B, L, S, D, H = 3, 5, 7, 16, 4
CLOSE = {"atol": 1e-5, "rtol": 1e-5}


def made(cls, *args, seed=0, **settings):
    with drawing_globally(seed, "test"):
        return cls(*args, **settings)


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=make_generator(seed, "x", str(shape)))


def lengths_to_real(lengths, longest):
    return torch.arange(longest) < torch.tensor(lengths)[:, None]


def theirs_like(ours):
    """nn.MultiheadAttention with the same weights."""
    theirs = nn.MultiheadAttention(D, H, batch_first=True)
    with torch.no_grad():
        joined = ours.qkv if ours.memory_width is None else None
        theirs.in_proj_weight.copy_(joined.weight if joined else torch.cat([ours.q.weight, ours.kv.weight]))
        theirs.in_proj_bias.copy_(joined.bias if joined else torch.cat([ours.q.bias, ours.kv.bias]))
        theirs.out_proj.load_state_dict(ours.out.state_dict())
    return theirs


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("explicit", [False, True])
def test_self_attention_equals_pytorchs(causal, masked, explicit):
    ours, x = made(MultiHeadAttention, D, H), normal(B, L, D)
    real = lengths_to_real([5, 2, 3], L) if masked else None
    triangle = torch.ones(L, L, dtype=torch.bool).triu(1) if causal else None
    expected, weights = theirs_like(ours)(
        x, x, x, key_padding_mask=None if real is None else ~real, attn_mask=triangle, average_attn_weights=False
    )
    got = ours(x, real=real, causal=causal, weights=explicit)
    torch.testing.assert_close(got[0] if explicit else got, expected, **CLOSE)
    if explicit:
        torch.testing.assert_close(got[1], weights, **CLOSE)


@pytest.mark.parametrize("masked", [False, True])
def test_cross_attention_equals_pytorchs(masked):
    ours, x, memory = made(MultiHeadAttention, D, H, memory_width=D), normal(B, L, D), normal(B, S, D)
    real = lengths_to_real([7, 1, 4], S) if masked else None
    expected, weights = theirs_like(ours)(
        x, memory, memory, key_padding_mask=None if real is None else ~real, average_attn_weights=False
    )
    torch.testing.assert_close(ours(x, memory, real=real), expected, **CLOSE)
    torch.testing.assert_close(ours(x, memory, real=real, weights=True)[1], weights, **CLOSE)


def test_gradients_equal_pytorchs():
    ours, x = made(MultiHeadAttention, D, H), normal(B, L, D)
    theirs, real = theirs_like(ours), lengths_to_real([5, 2, 3], L)
    ours(x, real=real).square().sum().backward()
    theirs(x, x, x, key_padding_mask=~real, need_weights=False)[0].square().sum().backward()
    torch.testing.assert_close(ours.qkv.weight.grad, theirs.in_proj_weight.grad, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("explicit", [False, True])
def test_a_row_with_nothing_to_attend_to_is_finite_and_reads_nothing(explicit):
    ours, x = made(MultiHeadAttention, D, H), normal(B, L, D).requires_grad_()
    got = ours(x, real=lengths_to_real([5, 0, 3], L), weights=explicit)
    out = got[0] if explicit else got
    torch.testing.assert_close(out[1], ours.out.bias.expand(L, D), **CLOSE)
    out.square().sum().backward()
    assert x.grad.isfinite().all()
    assert all(p.grad.isfinite().all() for p in ours.parameters())
    if explicit:
        assert not got[1][1].any()


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("turned", [False, True])
def test_weights_are_those_of_the_pass_and_sum_to_one(causal, turned):
    ours, x = made(MultiHeadAttention, D, H).eval(), normal(B, L, D)
    given = {"real": lengths_to_real([5, 2, 3], L), "causal": causal}
    given["rotation"] = rotation(torch.arange(L), D // H) if turned else None
    out, weights = ours(x, weights=True, **given)
    torch.testing.assert_close(out, ours(x, **given), **CLOSE)
    torch.testing.assert_close(weights.sum(dim=-1), torch.ones(B, H, L), **CLOSE)
    assert not weights[1, :, :, 2:].any()
    assert not causal or not weights.triu(1).any()


def test_attention_dropout_draws_only_while_training():
    ours, x = made(MultiHeadAttention, D, H, dropout=0.5), normal(B, L, D)
    with drawing_globally(0, "drop"):
        assert not torch.equal(ours.train()(x), ours(x))
        assert not torch.equal(ours(x, weights=True)[0], ours(x, weights=True)[0])
    assert torch.equal(ours.eval()(x), ours(x))


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("cuts", [(1, 1, 1, 1, 1), (3, 2), (1, 4)])
def test_steps_with_a_cache_equal_one_causal_pass(turned, masked, cuts):
    ours, x, cache = made(MultiHeadAttention, D, H).eval(), normal(B, L, D), AttentionCache()
    real = torch.tensor([[1, 1, 1, 1, 1], [0, 1, 1, 0, 1], [1, 0, 1, 1, 1]]).bool() if masked else None
    turn = rotation(torch.arange(L), D // H) if turned else None
    whole = ours(x, real=real, causal=True, rotation=turn)
    start, pieces = 0, []
    for step in cuts:
        stop = start + step
        places = rotation(torch.arange(start, stop), D // H) if turned else None
        seen = None if real is None else real[:, :stop]
        pieces.append(ours(x[:, start:stop], real=seen, causal=True, rotation=places, cache=cache))
        start = stop
    assert cache.length == L
    torch.testing.assert_close(torch.cat(pieces, dim=1), whole, **CLOSE)


def test_a_filled_cache_replaces_the_memory():
    ours, x, memory = made(MultiHeadAttention, D, H, memory_width=D), normal(B, L, D), normal(B, S, D)
    cache = AttentionCache()
    first = ours(x[:, :2], memory, cache=cache)
    torch.testing.assert_close(torch.cat([first, ours(x[:, 2:], cache=cache)], dim=1), ours(x, memory), **CLOSE)
    assert cache.length == S


def test_without_memory_or_cache_cross_attention_says_so():
    with pytest.raises(ShapeError, match="needs a memory"):
        made(MultiHeadAttention, D, H, memory_width=D)(normal(B, L, D))
    with pytest.raises(ShapeError, match="empty"):
        AttentionCache().content()


def test_bfloat16_stays_near():
    ours, x = made(MultiHeadAttention, D, H), normal(B, L, D)
    real = lengths_to_real([5, 0, 3], L)
    turn = rotation(torch.arange(L), D // H)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        rough = ours(x, real=real, rotation=turn).float()
    torch.testing.assert_close(rough, ours(x, real=real, rotation=turn), atol=0.05, rtol=0.05)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ((10, 4), r"divisible by heads \(4\); got 10"),
        ((8, 0), "heads must be at least 1; got 0"),
    ],
)
def test_impossible_sizes_are_refused(settings, message):
    with pytest.raises(ConfigError, match=message):
        MultiHeadAttention(*settings)
    with pytest.raises(ConfigError, match=r"dropout must be in \[0, 1\); got 1.0"):
        MultiHeadAttention(8, 2, dropout=1.0)


def test_rotation_keeps_lengths_and_depends_on_distance_alone():
    q, k = normal(1, 1, 1, 8, seed=1), normal(1, 1, 1, 8, seed=2)

    def product(place_q, place_k):
        turned = [rotate(v, rotation(torch.tensor([p]), 8)) for v, p in ((q, place_q), (k, place_k))]
        return (turned[0] * turned[1]).sum()

    torch.testing.assert_close(product(3, 1), product(103, 101), atol=1e-4, rtol=1e-4)
    assert (product(3, 1) - product(4, 1)).abs() > 1e-3
    torch.testing.assert_close(rotate(q, rotation(torch.tensor([37]), 8)).norm(), q.norm())
    assert torch.equal(rotate(q, rotation(torch.tensor([0]), 8)), q)


def test_rotary_attention_knows_order_and_no_absolute_place():
    ours, x = made(MultiHeadAttention, D, H).eval(), normal(1, L, D)
    near, far = (rotation(torch.arange(start, start + L), D // H) for start in (0, 50))
    torch.testing.assert_close(ours(x, rotation=near), ours(x, rotation=far), atol=1e-4, rtol=1e-4)
    swapped = x[:, [0, 2, 1, 3, 4]]
    assert not torch.allclose(ours(swapped, rotation=near)[:, 0], ours(x, rotation=near)[:, 0], atol=1e-4)
    torch.testing.assert_close(ours(swapped)[:, 0], ours(x)[:, 0], **CLOSE)


def test_sinusoids_equal_the_formula():
    waves = sinusoids(torch.arange(20), 6)
    for place in (0, 7, 19):
        for i in range(3):
            angle = torch.tensor(place / 10_000 ** (2 * i / 6))
            assert torch.allclose(waves[place, 2 * i : 2 * i + 2], torch.stack([angle.sin(), angle.cos()]), atol=1e-5)


@pytest.mark.parametrize("width", [1, 5, 8])
def test_places_in_a_grid_are_told_apart(width):
    waves = sinusoids_2d(3, 4, width, like=torch.zeros(1))
    assert waves.shape == (12, width)
    assert width < 3 or len(waves.unique(dim=0)) == 12


@pytest.mark.parametrize("kind", POSITIONS)
def test_positions_continue_where_the_start_is(kind):
    positions, h = made(Positions, kind, 8, longest=10, heads=2), normal(2, 6, 8)
    whole = positions(h)
    torch.testing.assert_close(torch.cat([positions(h[:, :2]), positions(h[:, 2:], start=2)], dim=1), whole)
    assert torch.equal(whole, h) == (kind in ("rotary", "none"))
    assert (positions.rotation(6, like=h) is not None) == (kind == "rotary")
    assert [n for n, _ in positions.named_parameters()] == (["weight"] if kind == "learned" else [])


def test_positions_that_cannot_be_are_refused():
    with pytest.raises(ConfigError, match=r"positions 'lerned' are not known. Did you mean 'learned'"):
        Positions("lerned", 8, longest=10)
    with pytest.raises(ConfigError, match="must be even; got width 6 and heads 2"):
        Positions("rotary", 6, longest=10, heads=2)
    with pytest.raises(ShapeError, match="learned positions for 4 places; got place 5"):
        made(Positions, "learned", 8, longest=4)(normal(1, 5, 8))
