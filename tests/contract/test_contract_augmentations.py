"""Every registered augmentation passes the same contract."""

from __future__ import annotations

import pytest
import torch
from contract_data import encoded, own, same

from whet.augment.augmentation import augmentations, build_augmentation
from whet.rng import make_generator

NAMES = [name for name, _ in own(augmentations)]
N = 24


def called(name, batch, *, seed=0, epoch=0):
    generator = make_generator(seed, "augment")
    return build_augmentation(name, {})(batch, rows=torch.arange(N), epoch=epoch, generator=generator)


def batch_for(name):
    return encoded(augmentations[name].modality, n=N)[1]


@pytest.mark.parametrize("name", NAMES)
def test_the_batch_that_is_given_stays_as_it_was(name):
    batch = batch_for(name)
    before = {part: tensor.clone() for part, tensor in batch.items()}
    called(name, batch)
    assert same(batch, before)


@pytest.mark.parametrize("name", NAMES)
def test_parts_types_and_number_of_examples_are_kept(name):
    batch = batch_for(name)
    out = called(name, batch)
    assert out.keys() == batch.keys()
    for part in batch:
        assert out[part].dtype == batch[part].dtype
        assert len(out[part]) == N
        assert out[part].isfinite().all()


@pytest.mark.parametrize("name", NAMES)
def test_something_changes_over_a_few_epochs(name):
    batch = batch_for(name)
    assert any(not same(called(name, batch, seed=epoch, epoch=epoch), batch) for epoch in range(4))


@pytest.mark.parametrize("name", NAMES)
def test_the_same_draws_give_the_same_batch_and_global_generators_are_left_alone(name):
    batch, state = batch_for(name), torch.get_rng_state()
    assert same(called(name, batch), called(name, batch))
    assert torch.equal(state, torch.get_rng_state())


@pytest.mark.parametrize("name", NAMES)
def test_views_start_with_the_batch_itself_and_draw_nothing(name):
    batch = batch_for(name)
    views, again = (build_augmentation(name, {}).views(batch) for _ in range(2))
    assert same(views[0], batch)
    assert all(same(a, b) for a, b in zip(views, again, strict=True))
    assert all(len(view[part]) == N for view in views for part in view)


@pytest.mark.parametrize("name", [n for n in NAMES if str(augmentations[n].modality) == "image"])
def test_pictures_stay_channels_last_in_memory(name):
    batch = batch_for(name)
    assert called(name, batch)["image"].is_contiguous(memory_format=torch.channels_last)
    assert called(name, batch)["image"].shape == batch["image"].shape
