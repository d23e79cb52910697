"""Labels handed to the model are found; labels handed to it for its loss only are not."""

import pytest
from small_setups import Attending, blobs, cnn, found, healthy, loader, make, mlp, pictures, words
from torch import nn

from whet.diagnosis.rules.shuffled_labels_learn import ShuffledLabelsLearn


class Told(nn.Module):
    def __init__(self, net, uses):
        super().__init__()
        self.net, self.hint, self.uses = net, nn.Embedding(3, 3), uses

    def forward(self, x, y):
        return self.net(x) + (self.hint(y) if self.uses else 0)


def with_label(model, batch):
    return model(*batch), batch[1]


@pytest.mark.parametrize(
    ("net", "data"), [(mlp, blobs), (cnn, pictures), (Attending, words)], ids=["mlp", "cnn", "attention"]
)
@pytest.mark.parametrize("uses", [True, False])
def test_labels_among_the_inputs_are_found(net, data, uses):
    train, valid = loader(*data()), loader(*data(128, seed=1), shuffle=False)
    findings = found(ShuffledLabelsLearn(), make(lambda: Told(net(), uses), train, valid, forward=with_label))
    assert [f.level for f in findings] == (["severe"] if uses else [])
    assert all(f.evidence["value"] > f.evidence["threshold"] for f in findings)


def test_healthy_setups_are_silent():
    for name, case in healthy():
        assert not found(ShuffledLabelsLearn(), case), name
