import pytest
import torch
from curing_scripts import applies, blobs, cured, finding, mlp, script, trained_score


@pytest.mark.parametrize(
    ("kind", "decay", "usual"),
    [(torch.optim.SGD, 2.0, 1e-4), (torch.optim.Adam, 1.0, 1e-4), (torch.optim.AdamW, 30.0, 1e-2)],
)
def test_weights_that_are_pulled_to_nothing(kind, decay, usual):
    model = mlp()
    optimizer = kind(model.parameters(), lr=0.03, weight_decay=decay)
    setup = script(model, blobs(), blobs(seed=1), optimizer=optimizer)
    changed = cured("weaken_weight_decay", setup)
    assert changed.optimizer.param_groups[0]["weight_decay"] == usual
    after = trained_score(changed)
    assert after > 0.85
    assert after > trained_score(setup) + (0.0 if kind is torch.optim.AdamW else 0.1)


def test_the_named_value_is_used_and_the_usual_stays():
    model = mlp()
    setup = script(model, blobs(), optimizer=torch.optim.SGD(model.parameters(), lr=0.1, weight_decay=1.0))
    found = finding("weight_decay_too_strong", better_weight_decay=0.0)
    assert cured("weaken_weight_decay", setup, found).optimizer.param_groups[0]["weight_decay"] == 0
    assert not applies("weaken_weight_decay", script(model, blobs(), optimizer=torch.optim.AdamW(model.parameters())))
