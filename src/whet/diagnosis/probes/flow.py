"""Which parameters a training would move: used or not, frozen or not, reached by gradients, held by the optimiser."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn

from whet.diagnosis.case import Case
from whet.diagnosis.forwarding import OrdinaryForward
from whet.diagnosis.probes.freshness import is_fresh
from whet.diagnosis.probes.graphs import leaves
from whet.diagnosis.probes.pace import STEP, affordable, light
from whet.diagnosis.probes.passes import run_batch
from whet.diagnosis.probes.tensors import tensors_in
from whet.diagnosis.setup import Setup
from whet.errors import CannotJudgeError

__all__ = ["Flow", "ParameterFlow", "flow"]

BATCHES = 3


@dataclass(frozen=True, kw_only=True)
class ParameterFlow:
    """One parameter of the model."""

    name: str
    owner: str  # dotted name of its module
    kind: str  # class of that module
    size: int
    axes: int
    is_layer: bool  # its module is one of PyTorch's own
    trains: bool  # requires_grad
    gradient: Literal["none", "zero", "some"]  # over several batches; of frozen ones as if they were not
    called: bool  # its module ran
    order: int  # of the first run of its module, or of the module around it
    held: bool  # by the optimiser
    rate: float | None  # learning rate of its group
    fresh: bool | None  # as an initialiser left it; None: not known

    @property
    def weighs(self) -> bool:
        """A matrix or kernel of a layer: not a bias, a norm's gain or a table of the user's own."""
        return self.axes > 1 and self.is_layer


@dataclass(frozen=True, kw_only=True)
class Flow:
    """All of them in the order in which a forward pass uses them."""

    parameters: tuple[ParameterFlow, ...]
    hidden: tuple[str, ...]  # parameters that the loss depends on and the model does not list: layers in a plain list
    hidden_size: int
    foreign: int  # values that the optimiser holds and the model does not have
    reaches_inputs: bool | None = None  # gradients flow from the loss back to the inputs; None: not known (token ids)


def flow(case: Case) -> Flow:
    """A few batches forward and backward through a copy in training mode; it is not trained."""
    setup = case.setup
    if setup is None:
        raise CannotJudgeError("needs the model and its data")
    given = case.ask(light)[: affordable(case, most=BATCHES, fewest=1, share=0.15, each=STEP)]
    try:
        try:
            copy, order, hidden = _run(setup, given, unfrozen=True)
        except RuntimeError:  # parameters changed in place by the model itself cannot be unfrozen
            copy, order, hidden = _run(setup, given, unfrozen=False)
    except (RuntimeError, ValueError) as error:
        raise CannotJudgeError(f"the first batch does not run backward: {error}") from error
    rates = {id(p): float(g["lr"]) for g in setup.optimizer.param_groups for p in g["params"] if "lr" in g}
    held = {id(p): p for g in setup.optimizer.param_groups for p in g["params"]}
    mine, gradients = dict(setup.model.named_parameters()), dict(copy.model.named_parameters())
    known = {id(p) for p in mine.values()} | {id(p) for p in _of_loss(setup)}
    found = [
        _flow_of(name, p, setup.model, gradients[name].grad, order, id(p) in held, rates.get(id(p)))
        for name, p in mine.items()
    ]
    return Flow(
        parameters=tuple(sorted(found, key=lambda f: f.order)),
        hidden=tuple(hidden),
        hidden_size=sum(hidden.values()),
        foreign=sum(p.numel() for key, p in held.items() if key not in known),
        reaches_inputs=_reaches_inputs(setup, given[0]),
    )


def _run(setup: Setup, given: tuple[Any, ...], *, unfrozen: bool) -> tuple[Setup, dict[str, int], dict[str, int]]:
    copy = setup.copy()
    copy.model.train()
    copy.optimizer.zero_grad(set_to_none=True)
    order: dict[str, int] = {}
    for name, module in copy.model.named_modules():
        module.register_forward_pre_hook(_first_call(name, order))
    for p in copy.model.parameters():
        p.grad = None
        if unfrozen and p.is_floating_point():
            p.requires_grad_(True)
    hidden: dict[str, int] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for index, batch in enumerate(given):
            try:
                loss = run_batch(copy, batch, seed=setup.seed).loss
            except ValueError:
                if not index:
                    raise
                continue  # a last batch of one example stops batch normalisation
            if not isinstance(loss, Tensor) or not loss.requires_grad:
                break
            if not index:
                hidden = _hidden(copy, loss, batch)
            loss.backward()  # type: ignore[no-untyped-call]
    return copy, order, hidden


def _reaches_inputs(setup: Setup, batch: Any) -> bool | None:
    """Whether some way from the inputs to the loss is whole."""
    if not isinstance(setup.forward, OrdinaryForward) or not isinstance(batch, list | tuple) or len(batch) != 2:
        return None
    inputs = batch[0]
    if not isinstance(inputs, Tensor) or not inputs.is_floating_point():
        return None
    copy, given = setup.copy(), inputs.detach().to(setup.device).clone().requires_grad_(True)
    copy.model.train()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            loss = run_batch(copy, (given, batch[1]), seed=setup.seed).loss
        return torch.autograd.grad(loss, given, allow_unused=True)[0] is not None
    except (RuntimeError, ValueError):
        return None


def _first_call(name: str, order: dict[str, int]) -> Callable[[nn.Module, Any], None]:
    """A hook that notes when a module first runs."""

    def note(module: nn.Module, args: Any) -> None:
        order.setdefault(name, len(order))

    return note


def _hidden(copy: Setup, loss: Tensor, batch: Any) -> dict[str, int]:
    """Parameters at the roots of the loss that no one lists, by a name as good as can be had, with their sizes."""
    listed = {id(p) for p in copy.model.parameters()} | {id(p) for p in _of_loss(copy)}
    listed |= {id(t) for t in tensors_in(batch)}
    listed |= {id(p) for g in copy.optimizer.param_groups for p in g["params"]}
    names = {
        id(p): f"{path}.{name}" for path, module in _kept_apart(copy.model) for name, p in module.named_parameters()
    }
    found = [leaf for leaf in leaves(loss) if isinstance(leaf, nn.Parameter) and id(leaf) not in listed]
    return {names.get(id(p), f"a parameter of shape {tuple(p.shape)}"): p.numel() for p in found}


def _kept_apart(model: nn.Module) -> list[tuple[str, nn.Module]]:
    """Modules in plain lists, tuples and dicts of the model's modules."""
    found = []
    for name, module in model.named_modules():
        for key, value in vars(module).items():
            if key.startswith("_"):
                continue
            items = (
                value.items()
                if isinstance(value, Mapping)
                else enumerate(value)
                if isinstance(value, list | tuple)
                else ()
            )
            prefix = f"{name}.{key}" if name else key
            found += [(f"{prefix}[{k!r}]", v) for k, v in items if isinstance(v, nn.Module)]
    return found


def _of_loss(setup: Setup) -> list[nn.Parameter]:
    return list(setup.loss.parameters()) if isinstance(setup.loss, nn.Module) else []


def _flow_of(
    name: str,
    parameter: nn.Parameter,
    model: nn.Module,
    gradient: Tensor | None,
    order: Mapping[str, int],
    held: bool,
    rate: float | None,
) -> ParameterFlow:
    owner_name = name.rpartition(".")[0]
    owner = model.get_submodule(owner_name)
    around = owner_name
    while around and around not in order:
        around = around.rpartition(".")[0]
    if gradient is None:
        reached: Literal["none", "zero", "some"] = "none"
    else:
        values = gradient.coalesce().values() if gradient.is_sparse else gradient
        reached = "some" if bool((values != 0).any()) else "zero"
    return ParameterFlow(
        name=name,
        owner=owner_name,
        kind=type(owner).__name__,
        size=parameter.numel(),
        axes=parameter.ndim,
        is_layer=type(owner).__module__.startswith("torch.nn"),
        trains=parameter.requires_grad,
        gradient=reached,
        called=owner_name in order,
        order=order.get(around, len(order)),
        held=held,
        rate=rate,
        fresh=is_fresh(owner, parameter),
    )
