"""CutMix: every pixel comes from the picture or its partner, in the share that the loss uses."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from whet.errors import ConfigError
from whet.recipe import Recipe, Regularisation
from whet.rng import make_generator
from whet.tasks.classes import ClassTarget
from whet.training.cutmix import cutmix
from whet.training.mixup import mixup
from whet.training.objective import Supervised

TARGET = ClassTarget(("a", "b", "c"))


class Flat(nn.Module):
    """Linear on the pixels."""

    def __init__(self):
        super().__init__()
        self.head = nn.Linear(3 * 8 * 8, 3)

    def forward(self, batch):
        return self.head(batch["image"].flatten(1))


def batch(count=6):
    generator = make_generator(0, "pictures")
    pictures = torch.rand(count, 3, 8, 8, generator=generator)
    return {"image": pictures}, torch.arange(count) % 3


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**31 - 1), alpha=st.floats(0.1, 4.0), height=st.integers(1, 12), width=st.integers(1, 12))
def test_each_pixel_is_the_pictures_or_its_partners_in_the_share_that_is_returned(seed, alpha, height, width):
    pictures = torch.arange(5.0)[:, None, None, None].expand(5, 2, height, width).contiguous()
    mixed, partner, weight = cutmix({"image": pictures}, alpha, generator=make_generator(seed, "cutmix"))
    assert sorted(partner.tolist()) == list(range(5))
    for own, other, result in zip(pictures, pictures[partner], mixed["image"], strict=True):
        assert ((result == own) | (result == other)).all()
        if not torch.equal(own, other):
            assert (result == own).float().mean().item() == pytest.approx(weight, abs=1e-6)
    assert torch.equal(pictures[:, 0, 0, 0], torch.arange(5.0))  # the input is left as it was


def test_cutmix_of_zero_is_the_plain_loss_bit_for_bit():
    inputs, targets = batch()
    plain, off = (Supervised(target=TARGET, **s) for s in ({}, {"cutmix": 0.0}))
    torch.manual_seed(0)
    model = Flat()
    losses = [o(model, inputs, targets, generator=make_generator(0, "o")) for o in (plain, off)]
    assert torch.equal(*losses)
    with_mixup = Supervised(target=TARGET, mixup=0.3)(model, inputs, targets, generator=make_generator(0, "o"))
    mixed, partner, weight = mixup(inputs, 0.3, generator=make_generator(0, "o"))
    outputs = model(mixed)
    expected = weight * F.cross_entropy(outputs, targets) + (1 - weight) * F.cross_entropy(outputs, targets[partner])
    assert with_mixup.item() == pytest.approx(expected.item(), rel=1e-5)


def test_the_loss_is_that_of_targets_mixed_by_area():
    inputs, targets = batch()
    model = Flat()
    ours = Supervised(target=TARGET, cutmix=1.0)(model, inputs, targets, generator=make_generator(3, "o"))
    mixed, partner, weight = cutmix(inputs, 1.0, generator=make_generator(3, "o"))
    soft = weight * F.one_hot(targets, 3) + (1 - weight) * F.one_hot(targets[partner], 3)
    assert ours.item() == pytest.approx(F.cross_entropy(model(mixed), soft.float()).item(), rel=1e-5)


def test_with_mixup_a_coin_decides_for_each_batch():
    inputs, targets = batch()
    both = Supervised(target=TARGET, mixup=0.4, cutmix=1.0)
    kinds = set()
    for seed in range(12):
        mixed, _, _ = both._mixed(inputs, make_generator(seed, "o"))
        kinds.add(bool(torch.isin(mixed["image"], inputs["image"]).all()))
    assert kinds == {True, False}
    assert torch.isfinite(both(Flat(), inputs, targets, generator=make_generator(0, "o")))


def test_what_is_no_picture_is_refused():
    with pytest.raises(ConfigError, match=r"cutmix cuts pictures, but 'numbers' is \(4, 3\).*Set cutmix to 0"):
        cutmix({"numbers": torch.rand(4, 3)}, 1.0, generator=make_generator(0, "o"))
    with pytest.raises(ConfigError, match=r"Regularisation.cutmix must be 0 or more; got -1"):
        Regularisation(cutmix=-1)


def test_recipes_written_before_cutmix_are_still_read():
    plain = Recipe(architecture="mlp").to_dict()
    del plain["regularisation"]["cutmix"]
    assert Recipe.from_dict(plain) == Recipe(architecture="mlp")
