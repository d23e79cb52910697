"""Transformer blocks equal PyTorch's; encoder, decoder and the networks built on them keep their promises."""

import sys
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import nn

sys.path.insert(0, str(Path(__file__).parents[1] / "contract"))
from contract_data import encoded

from whet.data.inputs import InputSpec
from whet.data.kinds import Modality
from whet.errors import ConfigError, ShapeError
from whet.models.architecture import architectures, build
from whet.models.feed_forward import FeedForward
from whet.models.series_patches import default_patch_length, normalised, num_patches, patched
from whet.models.transformer import TransformerDecoder, TransformerEncoder
from whet.models.transformer_block import BlockSettings, DecoderBlock, EncoderBlock
from whet.models.transformer_seq2seq import TransformerSeq2Seq
from whet.models.vit_patches import PatchEmbedding
from whet.rng import drawing_globally, make_generator

B, L, S, D, H = 3, 5, 7, 16, 4
CLOSE = {"atol": 1e-5, "rtol": 1e-5}
SETTINGS = BlockSettings(width=D, heads=H, hidden=24)
NAMES = ("text_transformer", "vit", "patch_tst", "ft_transformer")
SMALL = {
    "text_transformer": {"width": 16, "heads": 2},
    "vit": {"width": 16, "heads": 2, "depth": 2},
    "patch_tst": {"width": 16, "heads": 2, "depth": 2},
    "ft_transformer": {"width": 16, "heads": 2, "depth": 2},
}


def made(cls, *args, seed=0, **settings):
    with drawing_globally(seed, "test"):
        return cls(*args, **settings)


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=make_generator(seed, "x", str(shape)))


def real_of(lengths, longest):
    return torch.arange(longest) < torch.tensor(lengths)[:, None]


def copy_attention(theirs, ours):
    parts = [ours.qkv] if ours.memory_width is None else [ours.q, ours.kv]
    theirs.in_proj_weight.copy_(torch.cat([part.weight for part in parts]))
    theirs.in_proj_bias.copy_(torch.cat([part.bias for part in parts]))
    theirs.out_proj.load_state_dict(ours.out.state_dict())


@torch.no_grad()
def theirs_like(ours, norm, activation):
    """PyTorch's layer with the weights of our block; its norms get random weights as well, in both."""
    cls = nn.TransformerEncoderLayer if isinstance(ours, EncoderBlock) else nn.TransformerDecoderLayer
    theirs = cls(D, H, 24, dropout=0.0, activation=activation, batch_first=True, norm_first=norm == "pre")
    copy_attention(theirs.self_attn, ours.attention)
    if isinstance(ours, DecoderBlock):
        copy_attention(theirs.multihead_attn, ours.cross)
    theirs.linear1.load_state_dict(ours.feed_forward.expand.state_dict())
    theirs.linear2.load_state_dict(ours.feed_forward.reduce.state_dict())
    for name in ("norm1", "norm2", "norm3"):
        if hasattr(ours, name):
            for seed, parameter in enumerate(getattr(ours, name).parameters()):
                parameter.copy_(normal(D, seed=seed))
            getattr(theirs, name).load_state_dict(getattr(ours, name).state_dict())
    return theirs


@pytest.mark.parametrize("norm", ["pre", "post"])
@pytest.mark.parametrize("activation", ["gelu", "relu"])
@pytest.mark.parametrize("masked", [False, True])
def test_an_encoder_block_equals_pytorchs(norm, activation, masked):
    settings = BlockSettings(width=D, heads=H, hidden=24, norm=norm, activation=activation)
    ours, h = made(EncoderBlock, settings), normal(B, L, D)
    real = real_of([5, 2, 3], L) if masked else None
    theirs = theirs_like(ours, norm, activation)
    expected = theirs(h, src_key_padding_mask=None if real is None else ~real)
    torch.testing.assert_close(ours(h, real=real), expected, **CLOSE)


@pytest.mark.parametrize("norm", ["pre", "post"])
@pytest.mark.parametrize("masked", [False, True])
def test_a_decoder_block_equals_pytorchs(norm, masked):
    settings = BlockSettings(width=D, heads=H, hidden=24, norm=norm, activation="relu")
    ours, h, memory = made(DecoderBlock, settings), normal(B, L, D), normal(B, S, D)
    real, memory_real = (real_of([5, 2, 3], L), real_of([7, 1, 4], S)) if masked else (None, None)
    expected = theirs_like(ours, norm, "relu")(
        h,
        memory,
        tgt_mask=torch.ones(L, L, dtype=torch.bool).triu(1),
        tgt_key_padding_mask=None if real is None else ~real,
        memory_key_padding_mask=None if memory_real is None else ~memory_real,
    )
    torch.testing.assert_close(ours(h, memory, real=real, memory_real=memory_real), expected, **CLOSE)


def test_a_reglu_gates_one_half_by_the_other():
    ours, h = made(FeedForward, D, 24, activation="reglu"), normal(B, L, D)
    values, gates = F.linear(h, ours.expand.weight, ours.expand.bias).split(24, dim=-1)
    torch.testing.assert_close(ours(h), ours.reduce(values * gates.clamp(min=0)), **CLOSE)


def test_stochastic_depth_drops_whole_branches_of_some_examples_and_keeps_the_mean():
    settings = BlockSettings(width=D, heads=H, hidden=24, stochastic_depth=0.5)
    drop = EncoderBlock(settings).train().drop
    with drawing_globally(0, "drop"):
        out = drop(torch.ones(2_000, 2, 3))
    assert set(out.unique().tolist()) == {0.0, 2.0}
    assert (out == out[:, :1, :1]).all()
    assert 0.9 < out.mean() < 1.1
    assert torch.equal(drop.eval()(out), out)
    rates = [block.drop.stochastic_depth for block in TransformerEncoder(3, settings).blocks]
    assert rates == [0.0, 0.25, 0.5]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"norm": "mid", "dropout": 1.0}, r"norm must be 'pre' or 'post'; got 'mid'; dropout must be in \[0, 1\)"),
        ({"activation": "gelo"}, "activation 'gelo' is not known. Did you mean 'gelu'"),
        ({"hidden": 0}, "hidden must be at least 1 unit; got 0"),
    ],
)
def test_impossible_blocks_are_refused(settings, message):
    with pytest.raises(ConfigError, match=message):
        EncoderBlock(BlockSettings(**{"width": D, "heads": H, "hidden": 8, **settings}))
    with pytest.raises(ConfigError, match="depth must be at least 1 block; got 0"):
        TransformerEncoder(0, SETTINGS)


@pytest.mark.parametrize("norm", ["pre", "post"])
def test_a_decoder_with_a_cache_equals_the_full_pass(norm):
    settings = BlockSettings(width=D, heads=H, hidden=24, norm=norm)
    decoder, h, memory = made(TransformerDecoder, 2, settings, memory_width=10), normal(B, L, D), normal(B, S, 10)
    real, memory_real, cache = real_of([5, 3, 4], L), real_of([7, 1, 0], S), decoder.new_cache()
    whole = decoder(h, memory, real=real, memory_real=memory_real)
    steps = [
        decoder(h[:, t : t + 1], memory, real=real[:, : t + 1], memory_real=memory_real, cache=cache) for t in range(L)
    ]
    torch.testing.assert_close(torch.cat(steps, dim=1), whole, **CLOSE)
    assert cache.length == L


def seq2seq(**settings):
    return made(TransformerSeq2Seq, 12, SETTINGS, longest=16, **settings)


def pairs(n=8, length=4):
    source = torch.randint(3, 12, (n, length), generator=make_generator(0, "ids"))
    source = source.masked_fill(~real_of([length - i % 2 for i in range(n)], length), 0)
    target = F.pad(source, (1, 1))
    target[:, 0] = 1  # starts with 1, ends with 2
    target[torch.arange(n), (source != 0).sum(dim=1) + 1] = 2
    return source, target


@pytest.mark.parametrize("positions", ["learned", "sinusoidal", "rotary"])
@pytest.mark.parametrize("ties_weights", [True, False])
def test_a_later_target_token_never_changes_an_earlier_output(positions, ties_weights):
    net, (source, target) = seq2seq(positions=positions, ties_weights=ties_weights).eval(), pairs()
    before = net(source, target)
    assert before.shape == (8, 6, 12)
    for place in range(1, target.shape[1]):
        changed = target.clone()
        changed[:, place] = 11 - changed[:, place] % 9
        after = net(source, changed)
        torch.testing.assert_close(after[:, :place], before[:, :place], **CLOSE)
        assert not torch.allclose(after[:, place], before[:, place], atol=1e-4)


@pytest.mark.parametrize("positions", ["learned", "sinusoidal", "rotary", "none"])
def test_padding_of_source_and_target_never_matters(positions):
    net, (source, target) = seq2seq(positions=positions).eval(), pairs()
    source[0] = 0  # nothing to read at all
    longer = net(F.pad(source, (0, 3)), F.pad(target, (0, 2)))
    torch.testing.assert_close(longer[:, : target.shape[1]], net(source, target), **CLOSE)
    assert longer.isfinite().all()


@pytest.mark.parametrize("ties_weights", [True, False])
def test_gradients_reach_every_parameter_of_the_seq2seq(ties_weights):
    net, (source, target) = seq2seq(positions="learned", ties_weights=ties_weights), pairs()
    F.cross_entropy(net(source, target[:, :-1]).flatten(0, 1), target[:, 1:].flatten(), ignore_index=0).backward()
    for name, parameter in net.named_parameters():
        assert parameter.grad.isfinite().all(), name
        assert parameter.grad.abs().sum() > 0, name
    assert (net.out.weight is net.embed.weight) == ties_weights


def test_it_memorises_copying_and_generates_what_teacher_forcing_says():
    net, (source, target) = seq2seq(positions="rotary"), pairs()
    optimiser = torch.optim.Adam(net.parameters(), lr=1e-2)
    for _ in range(120):
        loss = F.cross_entropy(net(source, target[:, :-1]).flatten(0, 1), target[:, 1:].flatten(), ignore_index=0)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert loss.item() < 0.05
    generated = net.eval().generate(source, start_id=1, end_id=2, max_tokens=8)
    assert torch.equal(generated, target[:, 1:])


@pytest.mark.parametrize("positions", ["learned", "sinusoidal", "rotary"])
def test_greedy_generation_equals_the_teacher_forced_argmax(positions):
    net, (source, _) = seq2seq(positions=positions).eval(), pairs()
    generated = net.generate(source, start_id=1, end_id=2, max_tokens=7)
    logits = net(source, F.pad(generated, (1, 0), value=1)[:, :-1])
    logits[..., 0] = float("-inf")
    is_real = generated != 0
    assert torch.equal(logits.argmax(dim=-1)[is_real], generated[is_real])


def test_generation_stops_after_the_end_and_pads():
    net, (source, _) = seq2seq().eval(), pairs()
    with torch.no_grad():
        net.out.bias[2] += 1e3
    assert torch.equal(net.generate(source, start_id=1, end_id=2, max_tokens=7), torch.full((8, 1), 2))


def network(name, seed=0, **settings):
    spec, batch = encoded(architectures[name].modality, n=6)
    return build(name, spec, 3, {**SMALL[name], **settings}, seed=seed), batch


@pytest.mark.parametrize("name", NAMES)
def test_attention_maps_are_the_weights_of_the_pass(name, monkeypatch):
    """Passes that compute the weights give the same features, so the weights are theirs."""
    net, batch = network(name)
    net.eval()
    with torch.no_grad():
        expected, maps = net.forward_features(batch), net.attention_maps(batch)
        attend = type(net.encoder.blocks[0].attention).forward

        def explicitly(self, x, memory=None, *, weights=False, **given):
            mixed, attended = attend(self, x, memory, weights=True, **given)
            return (mixed, attended) if weights else mixed

        monkeypatch.setattr(type(net.encoder.blocks[0].attention), "forward", explicitly)
        torch.testing.assert_close(net.forward_features(batch), expected, **CLOSE)
    assert len(maps) == len(net.encoder.blocks)
    for weights in maps:
        assert weights.shape[1] == 2
        assert weights.shape[2] == weights.shape[3]
        torch.testing.assert_close(weights.sum(dim=-1), torch.ones(weights.shape[:-1]), **CLOSE)
    assert name != "text_transformer" or not maps[0][(batch["tokens"] == 0)[:, None, None].expand_as(maps[0])].any()


@pytest.mark.parametrize("name", NAMES)
def test_layer_groups_are_embeddings_blocks_and_head(name):
    net, _ = network(name)
    groups = net.layer_groups()
    assert len(groups) == 1 + len(net.encoder.blocks) + 1
    for group, block in zip(groups[1:-1], net.encoder.blocks, strict=True):
        assert {id(p) for p in block.parameters()} <= {id(p) for p in group}


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        *(("text_transformer", {"positions": p, "norm": n}) for p, n in [("rotary", "pre"), ("none", "post")]),
        ("text_transformer", {"positions": "sinusoidal", "norm": "post"}),
        ("vit", {"pooling": "class", "positions": "learned", "stochastic_depth": 0.2, "dropout": 0.1}),
        ("vit", {"shifted": False, "positions": "none", "patch_size": 5}),
        ("patch_tst", {"positions": "rotary", "patch_length": 40}),
        ("patch_tst", {"positions": "sinusoidal", "norm": "post", "patch_length": 1}),
        ("ft_transformer", {"embedding": "piecewise", "dropout": 0.1}),
        ("ft_transformer", {"embedding": "periodic", "bins": 4}),
    ],
)
def test_every_setting_gives_a_network_whose_parameters_all_learn(name, settings):
    net, batch = network(name, **settings)
    net.initialise(batch)
    with drawing_globally(0, "drop"):
        F.cross_entropy(net.train()(batch), torch.arange(6) % 3).backward()
    for parameter, p in net.named_parameters():
        assert p.grad is not None, parameter
        assert p.grad.isfinite().all(), parameter
        assert p.grad.abs().sum() > 0, parameter


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("text_transformer", {"positions": "round", "depth": 0}, "depth must be at least 1; got 0.*positions must be"),
        ("text_transformer", {"width": 6, "heads": 2, "positions": "rotary"}, "even number per head .* got 6"),
        ("vit", {"patch_size": 13, "pooling": "max"}, "patch_size must be from 1 to the shorter side, 12 .* got 13"),
        ("vit", {"stochastic_depth": 1.0}, r"stochastic_depth must be in \[0, 1\); got 1.0"),
        ("patch_tst", {"patch_length": 41}, "patch_length must be from 1 to the series' 40 steps; got 41"),
        ("ft_transformer", {"embedding": "curved", "bins": 1}, "embedding must be one of .*bins must be at least 2"),
    ],
)
def test_settings_out_of_range_are_refused(name, settings, message):
    with pytest.raises(ConfigError, match=message):
        network(name, **settings)


def test_masked_tokens_are_replaced_and_nothing_else():
    net, batch = network("text_transformer", depth=1)
    net.eval()
    masked = torch.zeros(batch["tokens"].shape, dtype=torch.bool)
    masked[:, 1] = True
    hidden = net.token_features(batch, masked=masked, mask_embedding=normal(16))
    other = {"tokens": batch["tokens"].where(~masked, 1 + batch["tokens"] % 5)}
    torch.testing.assert_close(net.token_features(other, masked=masked, mask_embedding=normal(16)), hidden, **CLOSE)
    assert not torch.allclose(net.token_features(batch), hidden, atol=1e-4)
    nothing = net.token_features(batch, masked=torch.zeros_like(masked), mask_embedding=normal(16))
    assert torch.equal(nothing, net.token_features(batch))
    with pytest.raises(ShapeError, match="belong together"):
        net.token_features(batch, masked=masked)
    with pytest.raises(ShapeError, match="masked must be"):
        net.token_features(batch, masked=masked[:, 1:], mask_embedding=normal(16))


def test_a_mask_embedding_learns():
    net, batch = network("patch_tst")
    embedding = torch.zeros(16, requires_grad=True)
    masked = torch.ones(net.patches(batch).shape[:3], dtype=torch.bool)
    net.eval().patch_features(batch, masked=masked, mask_embedding=embedding).square().sum().backward()
    assert embedding.grad.abs().sum() > 0


def test_patches_hold_the_normalised_series_and_features_follow_them():
    net, batch = network("patch_tst")
    patches, series = net.patches(batch), normalised(batch["series"]).series
    for p in range(patches.shape[2] - 1):
        assert torch.equal(patches[:, :, p], series[:, :, p * net.stride : p * net.stride + net.patch_length])
    assert net.eval().patch_features(batch).shape == (*patches.shape[:3], 16)


@pytest.mark.parametrize("length", [1, 2, 3, 5, 17, 40, 151, 1000])
def test_patches_cover_every_step_and_are_few(length):
    steps = default_patch_length(length)
    stride = max(1, steps // 2)
    patches = patched(torch.arange(1.0, length + 1)[None, None], steps, stride)
    assert patches.shape[2:] == (num_patches(length, steps, stride), steps)
    assert patches.shape[2] <= 64
    assert set(patches.unique().tolist()) == set(range(1, length + 1))


def test_level_and_spread_reach_the_head_but_not_the_shape():
    net, batch = network("patch_tst")
    net.eval()
    moved = {"series": 3.0 * batch["series"] + 2.0}
    torch.testing.assert_close(net.patch_features(moved), net.patch_features(batch), atol=1e-3, rtol=1e-3)
    level, before = (net.forward_features(b).view(6, 2, 18)[:, :, 16:] for b in (moved, batch))
    torch.testing.assert_close(level[..., 0], 3.0 * before[..., 0] + 2.0, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(level[..., 1], before[..., 1] + torch.tensor(3.0).log(), atol=1e-3, rtol=1e-3)


def test_a_constant_series_is_finite():
    net, _ = network("patch_tst")
    out = net({"series": torch.full((2, 2, 40), 7.0)})
    out.sum().backward()
    assert out.isfinite().all()
    assert all(p.grad.isfinite().all() for p in net.parameters())


def test_channels_are_read_one_by_one():
    net, batch = network("patch_tst")
    changed = {"series": batch["series"].clone()}
    changed["series"][:, 1] = 0.0
    one, two = net.eval().patch_features(batch), net.patch_features(changed)
    torch.testing.assert_close(one[:, 0], two[:, 0], **CLOSE)
    assert not torch.allclose(one[:, 1], two[:, 1], atol=1e-4)


def test_a_vit_reads_other_sizes_unless_positions_are_learned():
    net, batch = network("vit", patch_size=4)
    larger = {"image": normal(2, 3, 17, 30)}
    assert net.patch_features(larger).shape == (2, 5 * 8, 16)
    learned, _ = network("vit", patch_size=4, positions="learned")
    with pytest.raises(ShapeError, match="learned positions for 9 places"):
        learned(larger)
    with pytest.raises(ShapeError, match="reads images"):
        net({"image": batch["image"][:, :1]})


def test_plain_patches_are_a_strided_convolution():
    ours, images = made(PatchEmbedding, 3, 4, 8, is_shifted=False), normal(2, 3, 8, 12)
    expected = F.conv2d(images, ours.embed.weight.view(8, 3, 4, 4), ours.embed.bias, stride=4).flatten(2).mT
    torch.testing.assert_close(ours(images), expected, **CLOSE)


def test_a_patch_sees_half_a_patch_around_it_only_when_shifted():
    for is_shifted, sides in ((True, range(2, 10)), (False, range(4, 8))):
        patches = made(PatchEmbedding, 1, 4, 8, is_shifted=is_shifted)
        images = normal(1, 1, 12, 12).requires_grad_()
        (patches(images)[0, 4] * normal(8)).sum().backward()  # the patch in the middle
        seen = images.grad[0, 0] != 0
        assert seen[list(sides)].any(dim=1).all()
        assert seen.sum() == len(sides) ** 2


@pytest.mark.parametrize(("num_numbers", "cardinalities"), [(0, (3, 4)), (2, ()), (1, (3,))])
def test_tables_without_numbers_or_without_categories_work(num_numbers, cardinalities):
    spec = InputSpec(modality=Modality.TABLE, num_numbers=num_numbers, cardinalities=cardinalities)
    net = build("ft_transformer", spec, 3, SMALL["ft_transformer"], seed=0)
    batch = {"numbers": normal(6, num_numbers), "categories": torch.ones(6, len(cardinalities), dtype=torch.int64)}
    net.initialise(batch)
    F.cross_entropy(net(batch), torch.arange(6) % 3).backward()
    assert all(p.grad.isfinite().all() for p in net.parameters())
    assert net.attention_maps(batch)[0].shape[-1] == 1 + num_numbers + len(cardinalities)


def test_each_category_column_has_ids_of_its_own():
    spec = InputSpec(modality=Modality.TABLE, num_numbers=0, cardinalities=(3, 3))
    net = build("ft_transformer", spec, 3, SMALL["ft_transformer"], seed=0).eval()
    numbers = torch.zeros(2, 0)
    out = net({"numbers": numbers, "categories": torch.tensor([[1, 2], [2, 1]])})
    assert not torch.allclose(out[0], out[1], atol=1e-4)
