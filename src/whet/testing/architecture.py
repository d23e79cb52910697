"""What every architecture must keep; each check raises an AssertionError that says what was wrong."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

import torch

from whet.errors import ConfigError
from whet.models.architecture import Architecture, architectures, build
from whet.recipe import Recipe
from whet.rng import drawing_globally
from whet.testing.case import NUM_CLASSES, Case, Examples, loss_of
from whet.testing.examples import some

__all__ = ["ARCHITECTURE_CHECKS", "check_architecture"]

Check = Callable[[Case], None]
STEPS, MEMORISED = 300, 0.05


def check_architecture(
    which: str | type[Architecture],
    *,
    settings: Mapping[str, Any] | None = None,
    examples: Examples | None = None,
) -> None:
    """Run every check on a registered architecture, given by name or class.

    Args:
        settings: what to build it with; the defaults otherwise.
        examples: n -> (spec, batch), for an architecture that the tiny built-in examples do not suit.
    Raises:
        AssertionError: with the names of all checks that failed, and why.
    """
    name = which if isinstance(which, str) else next((n for n, c in architectures.items() if c is which), "")
    if not name:
        raise ConfigError(f"{which!r} is not registered. Put @architectures.register('name') above the class.")
    case = Case(name=name, settings=settings or {}, examples=examples)
    faults = []
    for check in ARCHITECTURE_CHECKS:
        try:
            check(case)
        except AssertionError as fault:
            faults.append(f"{check.__name__}: {fault}")
    assert not faults, f"{name} breaks its contract:\n  " + "\n  ".join(faults)


def outputs_have_one_row_per_example_and_one_column_per_class(case: Case) -> None:
    """(B, K), or (B, M, K) with members; features (B, ..., D)."""
    model, batch = case.build()
    size = len(next(iter(batch.values())))
    outputs = model.eval()(batch)
    assert outputs.ndim in (2, 3), f"outputs have {outputs.ndim} axes"
    assert (outputs.shape[0], outputs.shape[-1]) == (size, NUM_CLASSES), f"outputs are {tuple(outputs.shape)}"
    features = model.forward_features(batch)
    assert features.shape[0] == size, f"features are {tuple(features.shape)}"
    assert torch.equal(model.head(features), outputs), "forward is not head(forward_features(batch))"


def every_parameter_receives_a_finite_nonzero_gradient(case: Case) -> None:
    """A parameter without one is dead weight, or cut off by a detach."""
    model, batch = case.build()
    with drawing_globally(0, "contract"):
        loss_of(model.train(), batch, case.codes()).backward()  # type: ignore[no-untyped-call]
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            assert parameter.grad is not None, f"{name} has no gradient"
            assert parameter.grad.isfinite().all(), f"the gradient of {name} is not finite"
            assert parameter.grad.abs().sum() > 0, f"the gradient of {name} is zero"


def one_batch_is_memorised(case: Case) -> None:
    """A network that cannot learn 16 examples by heart cannot learn anything."""
    model, batch = case.build()
    codes = case.codes()
    optimiser = torch.optim.Adam(model.parameters(), lr=3e-3)
    with drawing_globally(0, "contract"):
        for step in range(STEPS):
            loss = loss_of(model.train(), batch, codes)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            if step % 20 == 19 and loss_of(model.eval(), batch, codes) < MEMORISED:
                return
    final = loss_of(model.eval(), batch, codes).item()
    assert final < MEMORISED, f"the loss is still {final:.3f} after {STEPS} steps"


def batch_companions_do_not_matter_in_evaluation_mode(case: Case) -> None:
    """Nor does the padding that longer companions bring."""
    model, batch = case.build()
    model.eval()
    with torch.no_grad():
        together = model(batch)
        alone = torch.cat([model(some(batch, slice(i, i + 1))) for i in range(4)])
    torch.testing.assert_close(alone, together[:4], atol=1e-4, rtol=1e-4)


def padding_does_not_matter(case: Case) -> None:
    """Zeros on the right of a sequence of ids change nothing."""
    model, batch = case.build()
    model.eval()
    ids = [name for name, part in batch.items() if name in ("tokens", "ngrams") and not part.is_floating_point()]
    spec, _ = case.spec_and_batch()
    longest = spec.max_tokens or max((batch[n].shape[1] for n in ids), default=0) + 3
    padded = {
        name: torch.nn.functional.pad(part, (0, min(3, max(0, longest - part.shape[1])))) if name in ids else part
        for name, part in batch.items()
    }
    with torch.no_grad():
        torch.testing.assert_close(model(padded), model(batch), atol=1e-4, rtol=1e-4)


def evaluation_mode_draws_nothing_and_changes_no_buffer(case: Case) -> None:
    """Two passes agree bit for bit."""
    model, batch = case.build()
    model.eval()
    before, generator = copy.deepcopy(model.state_dict()), torch.get_rng_state()
    with torch.no_grad():
        first, second = model(batch), model(batch)
    assert torch.equal(first, second), "two passes differ"
    assert torch.equal(generator, torch.get_rng_state()), "the global generator moved"
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items()), "a buffer changed"


def bfloat16_runs_and_stays_near(case: Case) -> None:
    """Under autocast, with finite gradients."""
    model, batch = case.build()
    with drawing_globally(0, "contract"), torch.autocast("cpu", dtype=torch.bfloat16):
        loss = loss_of(model.train(), batch, case.codes())
    loss.backward()  # type: ignore[no-untyped-call]
    assert loss.isfinite(), "the loss is not finite"
    assert all(p.grad.isfinite().all() for p in model.parameters() if p.grad is not None), "a gradient is not finite"
    model.eval()
    with torch.no_grad():
        exact = model(batch)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            rough = model(batch).float()
    assert (rough - exact).abs().max() <= 0.1 * exact.abs().max() + 0.1, "bfloat16 outputs are far from float32"


def reset_head_keeps_the_backbone(case: Case) -> None:
    """And gives as many outputs as asked for."""
    model, batch = case.build()
    model.eval()
    before = {id(p): p.detach().clone() for p in model.parameters()}
    head = {id(p) for p in model.head.parameters()}
    with torch.no_grad(), drawing_globally(0, "contract"):
        features = model.forward_features(batch)
        model.reset_head(7)
        assert torch.equal(features, model.forward_features(batch)), "the features changed"
        assert model(batch).shape[-1] == 7, "the new head has another number of outputs"
    kept = {id(p) for p in model.parameters()} & before.keys()
    assert kept == before.keys() - head, "reset_head replaced parameters outside the head"
    assert all(torch.equal(p, before[id(p)]) for p in model.parameters() if id(p) in kept), "the backbone changed"


def the_seed_alone_decides_the_weights(case: Case) -> None:
    """The same seed, the same bits; another seed, others."""
    (one, _), (two, _), (other, _) = case.build(), case.build(), case.build(seed=1)
    assert one.state_dict().keys() == two.state_dict().keys()
    assert all(torch.equal(v, two.state_dict()[k]) for k, v in one.state_dict().items()), "equal seeds differ"
    assert any(not torch.equal(v, other.state_dict()[k]) for k, v in one.state_dict().items()), "seeds do nothing"


def loaded_weights_give_the_same_outputs_bit_for_bit(case: Case) -> None:
    """Everything that matters is in the state_dict."""
    model, batch = case.build()
    spec, _ = case.spec_and_batch()
    fresh = build(case.name, spec, NUM_CLASSES, case.settings, seed=5)
    fresh.load_state_dict(model.state_dict())
    with torch.no_grad():
        assert torch.equal(fresh.eval()(batch), model.eval()(batch)), "something that matters is not saved"


def decayed_parameters_are_trainable_ones_named_once(case: Case) -> None:
    """Weight decay must not count a matrix twice."""
    model, _ = case.build()
    decayed = [id(p) for p in model.decayed()]
    assert len(decayed) == len(set(decayed)), "a parameter is named twice"
    assert set(decayed) <= {id(p) for p in model.parameters() if p.requires_grad}, "a parameter is not trainable"


def layer_groups_hold_every_parameter_once(case: Case) -> None:
    """From the input to the head, which is the last group."""
    model, _ = case.build()
    groups = model.layer_groups()
    grouped = [id(p) for group in groups for p in group]
    assert len(grouped) == len(set(grouped)), "a parameter is in two groups"
    assert set(grouped) == {id(p) for p in model.parameters()}, "a parameter is in no group"
    assert {id(p) for p in groups[-1]} == {id(p) for p in model.head.parameters()}, "the last group is not the head"


def an_unknown_setting_is_refused_by_name(case: Case) -> None:
    """Instead of being ignored."""
    spec, _ = case.spec_and_batch()
    said = ""
    try:
        build(case.name, spec, NUM_CLASSES, {**case.settings, "colour_of_paint": 1}, seed=0)
    except ConfigError as fault:
        said = str(fault)
    assert "has no setting 'colour_of_paint'" in said, f"it was accepted, or the message does not name it: {said!r}"


def recipes_name_the_families_and_round_trip(case: Case) -> None:
    """What ``recipes`` gives can be trained: it names this architecture, a family of it, and survives YAML."""
    from whet.testing.facts import facts_for

    given = case.architecture.recipes(facts_for(case.architecture.modality))
    for family, recipe in given.items():
        assert family in case.architecture.families, f"{family!r} is not among families"
        assert recipe.architecture == case.name, f"the recipe of {family!r} names {recipe.architecture!r}"
        assert Recipe.from_yaml(recipe.to_yaml()) == recipe, f"the recipe of {family!r} does not survive YAML"
        spec, _ = case.spec_and_batch()
        build(case.name, spec, NUM_CLASSES, recipe.settings, seed=0)


ARCHITECTURE_CHECKS: tuple[Check, ...] = (
    outputs_have_one_row_per_example_and_one_column_per_class,
    every_parameter_receives_a_finite_nonzero_gradient,
    one_batch_is_memorised,
    batch_companions_do_not_matter_in_evaluation_mode,
    padding_does_not_matter,
    evaluation_mode_draws_nothing_and_changes_no_buffer,
    bfloat16_runs_and_stays_near,
    reset_head_keeps_the_backbone,
    the_seed_alone_decides_the_weights,
    loaded_weights_give_the_same_outputs_bit_for_bit,
    decayed_parameters_are_trainable_ones_named_once,
    layer_groups_hold_every_parameter_once,
    an_unknown_setting_is_refused_by_name,
    recipes_name_the_families_and_round_trip,
)
