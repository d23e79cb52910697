from __future__ import annotations

import torch

from whet.data.inputs import InputSpec
from whet.data.kinds import Modality
from whet.models.architecture import build
from whet.models.convnet import ConvNet

SPEC = InputSpec(modality=Modality.IMAGE, channels=3, height=12, width=12)
BATCH = {"image": torch.rand(4, 3, 12, 12, generator=torch.Generator().manual_seed(0))}


def built(**settings):
    model = build("convnet", SPEC, 3, {"widths": [8, 8], **settings}, seed=0)
    assert isinstance(model, ConvNet)
    model.initialise(BATCH)
    return model


def test_a_held_stem_changes_no_output_and_no_other_gradient():
    free, held = built(), built(train_stem=False)
    assert torch.equal(free(BATCH), held(BATCH))
    for model in (free, held):
        model(BATCH).square().sum().backward()
    for (name, one), other in zip(free.named_parameters(), held.parameters(), strict=True):
        if name == "stem.bias":
            assert other.grad is None
        else:
            torch.testing.assert_close(one.grad, other.grad)


def test_a_held_stem_is_marked_so_that_phases_leave_it_alone():
    assert built(train_stem=False).stem.bias.is_held
