"""The pretext tasks: what is asked, what is hidden from whom, and what the gradient reaches."""

import numpy as np
import pytest
import torch
from torch import nn

from whet.data.inputs import InputSpec
from whet.data.kinds import Modality
from whet.errors import ConfigError
from whet.models.architecture import build
from whet.models.series_patches import patched
from whet.pretraining.answers import Answers, Measured, measured
from whet.pretraining.contrastive import TwoViews, nt_xent
from whet.pretraining.masked_patches import hide_patches
from whet.pretraining.masked_words import FIRST_WORD, UNKNOWN, MaskedWords, hide_words
from whet.pretraining.network import Asked, PretrainingNetwork
from whet.pretraining.pretext import Given, pretexts
from whet.pretraining.rotation import Rotation, turned
from whet.rng import make_generator
from whet.tasks.classes import ClassTarget
from whet.tasks.number import NumberTarget
from whet.testing.examples import encoded, target_of, tiny
from whet.training.contrastive import contrastive_loss

BODIES = {
    Modality.IMAGE: "convnet",
    Modality.TEXT: "text_transformer",
    Modality.TABLE: "mlp",
    Modality.SERIES: "patch_tst",
}


def network_for(modality, name, *, target=None):
    spec, batch = encoded(modality)
    settings = {"dropout": 0.0, **({"widths": [16, 24]} if modality is Modality.IMAGE else {})}
    body = build(BODIES[modality], spec, 3, settings, seed=0)
    body.initialise(batch)
    task = pretexts[name](Given(spec=spec, target=target))
    return PretrainingNetwork(body, {name: task}, seed=0), batch


CASES = [
    (Modality.IMAGE, "rotation"),
    (Modality.IMAGE, "two_views"),
    (Modality.IMAGE, "labels"),
    (Modality.TEXT, "masked_words"),
    (Modality.SERIES, "masked_patches"),
    (Modality.TABLE, "labels"),
]


@pytest.mark.parametrize(("modality", "name"), CASES, ids=[f"{n}-{m}" for m, n in CASES])
def test_the_gradient_reaches_every_parameter_that_is_trained(modality, name):
    target = target_of(tiny(modality)) if name == "labels" else None
    network, batch = network_for(modality, name, target=target)
    targets = torch.arange(48) % 3
    Asked(network.tasks)(network, batch, targets, generator=make_generator(0, "t")).backward()
    without = [n for n, p in network.named_parameters() if p.requires_grad and (p.grad is None or not p.grad.any())]
    assert not without
    held = [n for n, p in network.named_parameters() if not p.requires_grad]
    assert all(n.startswith("body.head.") for n in held)
    assert bool(held) == (name != "labels")


@pytest.mark.parametrize(("modality", "name"), CASES, ids=[f"{n}-{m}" for m, n in CASES])
def test_the_same_questions_are_learnt_by_heart(modality, name):
    target = target_of(tiny(modality)) if name == "labels" else None
    network, batch = network_for(modality, name, target=target)
    batch = {n: t[:12] for n, t in batch.items()}
    targets = torch.from_numpy(target.encode(tiny(modality).target))[:12] if target else torch.zeros(12).long()
    optimiser = torch.optim.Adam([p for p in network.parameters() if p.requires_grad], lr=1e-2)
    for _ in range(150):
        answers = network.answers(name, batch, targets, generator=make_generator(0, "same"))
        answers.mean_loss().backward()
        optimiser.step()
        optimiser.zero_grad()
    score = measured([answers]).score
    assert score > 0.9 if answers.right is not None else score > 0.5


def test_only_real_words_are_asked_for_and_every_text_hides_one():
    tokens = torch.tensor([[5, 6, 7, 8, 0, 0], [9, 1, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0], [1, 1, 0, 0, 0, 0]])
    for draw in range(20):
        shown, asked = hide_words(tokens, 50, generator=make_generator(draw, "hide"))
        assert not asked[tokens < FIRST_WORD].any()
        assert asked.any(dim=1).tolist() == [True, True, False, False]
        assert torch.equal(shown[~asked], tokens[~asked])
        assert ((shown == UNKNOWN) | (shown >= FIRST_WORD))[asked].all()


def test_the_shares_of_hidden_words_are_those_of_bert():
    tokens = torch.full((200, 100), 7)
    shown, asked = hide_words(tokens, 1000, generator=make_generator(0, "shares"))
    hidden = shown[asked]
    assert asked.float().mean().item() == pytest.approx(0.15, abs=0.01)
    assert (hidden == UNKNOWN).float().mean().item() == pytest.approx(0.8, abs=0.03)
    assert (hidden == 7).float().mean().item() == pytest.approx(0.1, abs=0.03)


@pytest.mark.parametrize("reach", [2, 3])
def test_no_visible_patch_shares_a_step_with_one_that_is_asked_for(reach):
    asked, hidden = hide_patches(torch.Size((50, 2, 19)), reach, generator=make_generator(0, "patches"))
    assert asked.any(dim=2).all()
    assert not (asked & ~hidden).any()
    for distance in range(1, reach):
        assert not (asked[..., distance:] & ~hidden[..., :-distance]).any()
        assert not (asked[..., :-distance] & ~hidden[..., distance:]).any()
    assert asked[..., ::reach].float().mean().item() == pytest.approx(0.4, abs=0.05)


def test_steps_that_are_asked_for_cannot_be_seen_anywhere():
    network, batch = network_for(Modality.SERIES, "masked_patches")
    body, series = network.eval().body, batch["series"]
    size, stride = body.patch_length, body.stride
    patches = patched(series, size, stride)
    asked, hidden = hide_patches(patches.shape[:3], -(-size // stride), generator=make_generator(0, "patches"))
    other = series.clone()
    for b, c, p in asked.nonzero().tolist():
        other[b, c, p * stride : p * stride + size] = 99.0
    mask = network.head["masked_patches"].mask
    states = [body._read(patched(s, size, stride), masked=hidden, mask_embedding=mask) for s in (series, other)]
    assert torch.equal(*states)
    assert not torch.equal(*(body._read(patched(s, size, stride)) for s in (series, other)))


def test_masked_patches_need_a_network_that_reads_patches():
    spec, _ = encoded(Modality.SERIES)
    task = pretexts["masked_patches"](Given(spec=spec, target=None))
    with pytest.raises(ConfigError, match=r"InceptionTime does not read a series in patches.*patch_tst"):
        task.build_head(build("inception_time", spec, 3, {"depth": 1}, seed=0))


def test_texts_without_words_ask_nothing_and_do_no_harm():
    network, _ = network_for(Modality.TEXT, "masked_words")
    answers = network.answers(
        "masked_words", {"tokens": torch.zeros(3, 2).long()}, torch.zeros(3), generator=make_generator(0, "t")
    )
    assert len(answers.losses) == 0
    answers.mean_loss().backward()
    assert all(p.grad is None or p.grad.isfinite().all() for p in network.parameters())


def test_the_embedding_of_padding_stays_where_it_is():
    network, batch = network_for(Modality.TEXT, "masked_words")
    network.answers("masked_words", batch, torch.zeros(48), generator=make_generator(0, "t")).mean_loss().backward()
    assert not network.body.embed.weight.grad[0].any()


def test_masked_words_need_a_network_with_a_feature_per_token():
    spec, _ = encoded(Modality.TEXT)
    body = build("embedding_bag", spec, 3, {}, seed=0)
    with pytest.raises(ConfigError, match=r"EmbeddingBag has no feature per token.*text_transformer"):
        PretrainingNetwork(body, {"masked_words": MaskedWords(Given(spec=spec, target=None))}, seed=0)


def test_the_loss_over_two_views_is_that_of_an_independent_reference():
    vectors = torch.randn(16, 5, generator=make_generator(0, "vectors"))
    reference = contrastive_loss(vectors, torch.arange(8).repeat(2), temperature=0.2)
    assert nt_xent(vectors, temperature=0.2).mean_loss().item() == pytest.approx(reference.item(), rel=1e-5)


def test_equal_views_are_found():
    vectors = torch.randn(8, 16, generator=make_generator(0, "vectors"))
    assert nt_xent(torch.cat([vectors, vectors]), temperature=0.2).right.all()


def test_four_quarter_turns_are_none_and_each_differs():
    images = torch.randn(4, 3, 6, 6, generator=make_generator(0, "pictures"))
    once = turned(images, torch.ones(4).long())
    assert torch.equal(turned(once, torch.full((4,), 3)), images)
    assert torch.equal(turned(images, torch.arange(4))[2], torch.rot90(images[2], 2, (1, 2)))


def test_pictures_that_are_not_square_are_turned_upside_down_only():
    spec = InputSpec(modality=Modality.IMAGE, channels=3, height=12, width=16)
    body = build("convnet", spec, 2, {}, seed=0)
    task = Rotation(Given(spec=spec, target=None))
    head = task.build_head(body)
    answers = task.answers(
        body, head, {"image": torch.zeros(9, 3, 12, 16)}, torch.zeros(9), generator=make_generator(0)
    )
    assert isinstance(head, nn.Linear)
    assert head.out_features == 2
    assert set(answers.truth.tolist()) == {0, 1}


def test_views_are_made_of_pictures_of_any_size_and_number_of_channels():
    for shape in ((1, 8, 8), (3, 9, 14)):
        spec = InputSpec(modality=Modality.IMAGE, channels=shape[0], height=shape[1], width=shape[2])
        body = build("convnet", spec, 2, {}, seed=0)
        task = TwoViews(Given(spec=spec, target=None))
        batch = {"image": torch.randn(5, *shape, generator=make_generator(0, "p"))}
        answers = task.answers(body, task.build_head(body), batch, torch.zeros(5), generator=make_generator(0))
        assert len(answers.losses) == 10


def test_labels_are_needed_to_learn_from_labels():
    with pytest.raises(ConfigError, match="--target"):
        pretexts["labels"](Given(spec=encoded(Modality.TABLE)[0], target=None))


def test_a_number_is_scored_by_the_variance_it_explains():
    truth = torch.tensor([-1.0, 0.0, 1.0, 2.0])
    perfect = measured([Answers(losses=torch.zeros(4), truth=truth)])
    mean = measured([Answers(losses=(truth - truth.mean()).square(), truth=truth)])
    assert (perfect.score, perfect.constant) == (1.0, 0.0)
    assert mean.score == pytest.approx(0.0)
    assert perfect.is_above(mean)
    assert not mean.is_above(mean)


def test_better_than_before_is_not_enough_when_a_constant_answer_does_as_well():
    before = Measured(score=0.1, standard_error=0.01, constant=0.5, loss=1.0, num_questions=100)
    after = Measured(score=0.5, standard_error=0.01, constant=0.5, loss=0.9, num_questions=100)
    assert not after.is_above(before)


def test_targets_of_both_kinds_are_learnt_from():
    for target, codes in (
        (ClassTarget(("a", "b", "c")), torch.arange(48) % 3),
        (NumberTarget(0, 1, 0, 1), torch.rand(48)),
    ):
        network, batch = network_for(Modality.TABLE, "labels", target=target)
        answers = network.answers("labels", batch, codes, generator=make_generator(0))
        assert (answers.right is None) == (target.kind == "number")
        assert network.body.head.out_features == target.num_outputs
        assert np.isfinite(answers.mean_loss().item())
