import pytest
import torch
from curing_scripts import applies, blobs, cured, finding, mlp, script, trained_score

from whet.diagnosis.case import Case
from whet.diagnosis.cures.cure import cures


def leaking(seed=0, leak=True):
    x, y = blobs(seed=seed)
    column = y[:, None].float() if leak else torch.zeros(len(y), 1)
    return torch.cat([x[:, :4], 5 * column, x[:, 4:]], dim=1), y


@pytest.mark.parametrize("named", [True, False])
def test_without_the_column_other_columns_are_learnt(named):
    setup = script(mlp(9), leaking(), leaking(seed=1))
    found = finding("shortcut") if named else None
    changed = cured("leave_out_column", setup, found)
    honest = script(mlp(9), leaking(), leaking(seed=1, leak=False)).valid
    assert trained_score(setup) > 0.97
    assert trained_score(setup.__class__(**{**vars(changed), "valid": honest})) > 0.85
    batch = next(iter(changed.train))
    other = batch[0].clone()
    other[:, 4] = 99.0
    changed.model.eval()
    assert torch.equal(changed.model(batch[0]), changed.model(other))
    assert "x, 4," in cures["leave_out_column"].advice(Case(setup=setup), found)


def test_no_column_gives_the_target_away():
    assert not applies("leave_out_column", script(mlp(), blobs(), blobs(seed=1)))
