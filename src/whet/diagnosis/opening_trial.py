"""One batch through copies of what was handed over: does it run at all, and what does the loss take?

Whatever goes wrong here becomes one message that names the object and the step. A model whose outputs are NaN, or
whose loss has no gradient, runs: rules judge that.
"""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

from torch import Tensor

from whet.diagnosis.forwarding import OrdinaryForward, shown, taken
from whet.diagnosis.own_loss import OwnLoss, same_usual_loss
from whet.diagnosis.preserving import preserving
from whet.diagnosis.probes.graphs import leaves
from whet.diagnosis.probes.label_range import labels_do_not_fit
from whet.diagnosis.setup import Setup
from whet.errors import ConfigError, DataError, ShapeError, WhetError
from whet.rng import drawing_globally

__all__ = ["settle"]


def settle(setup: Setup, batch: Any, *, loader: str = "train") -> Setup:
    """``setup`` with the forward and the loss that fit one another.

    Raises:
        ConfigError, DataError, ShapeError: something does not run, with what to pass instead.
    """
    trial = setup.copy()
    trial.model.train(loader == "train")
    with preserving(), drawing_globally(setup.seed, "opening"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what the user's parts warn of is a rule's matter
        settled = _own_loss(setup, trial, batch) if isinstance(setup.loss, OwnLoss) else setup
        outputs, targets = _forward(replace(trial, forward=settled.forward), batch, loader)
        fits, value = _value(settled, outputs, targets, loader)
        if value is not None:
            _must_be_a_loss(value)
            _must_use_what_it_is_given(setup, value)
    return fits


def _forward(setup: Setup, batch: Any, loader: str) -> tuple[Any, Any]:
    try:
        result = setup.forward(setup.model, batch)
    except WhetError as error:
        raise DataError(f"running a batch of {loader}: {error}") from error
    except Exception as error:
        raise ConfigError(
            f"running the first batch of {loader} through the model raised {type(error).__name__}: {_line(error)}. "
            f"The batch is {shown(batch)}. {_advice_for_model(error, setup)}"
        ) from error
    if not isinstance(result, tuple) or len(result) != 2:
        raise ConfigError(
            f"forward gave {shown(result)}; it must give (outputs, targets): "
            "forward=lambda model, batch: (model(batch[0]), batch[1])."
        )
    return result


def _advice_for_model(error: Exception, setup: Setup) -> str:
    text = str(error)
    if "more than 1 value per channel" in text:
        return "Batch normalisation cannot train on a batch of one example: use a larger batch_size, or drop_last=True."
    if isinstance(error, TypeError) and "argument" in text:
        return "Say how the model is called: forward=lambda model, batch: (model(batch[0], ...), batch[1])."
    if "dtype" in text or "scalar type" in text:
        return "Give the inputs the type of the weights: x.float()."
    if not isinstance(setup.forward, OrdinaryForward):
        return "Mend the model or the forward that you passed."
    return "Mend the model, or say how it is called: forward=lambda model, batch: (model(batch[0]), batch[1])."


def _own_loss(setup: Setup, trial: Setup, batch: Any) -> Setup:
    """No loss was given: the model makes it, or the message says so."""
    forward = setup.forward
    ways = [replace(forward, hands_targets=True), forward] if isinstance(forward, OrdinaryForward) else [forward]
    for way in ways:
        try:
            outputs, targets = way(trial.model, batch)
        except Exception:  # the user's model may not take this way of being called; the next is tried
            continue
        if not isinstance(taken(outputs, "loss"), Tensor):
            continue
        usual = same_usual_loss(outputs, targets)
        if usual is None or not isinstance(way, OrdinaryForward):
            return replace(setup, forward=way)
        return replace(setup, forward=replace(way, take="logits"), loss=usual)
    _forward(trial, batch, "train")
    raise ConfigError(
        "opening loss: none was given, and the model's outputs carry none (outputs.loss). "
        "Pass loss=nn.CrossEntropyLoss(), or what your loop computes."
    )


def _value(setup: Setup, outputs: Any, targets: Any, loader: str) -> tuple[Setup, Any]:
    """The setup whose forward gives what the loss takes, and its value; None where labels do not fit the outputs."""
    if labels_do_not_fit(setup.loss, outputs, targets):
        return setup, None  # the rules on labels say which
    try:
        value = setup.loss(outputs, targets)
        return setup, "None" if value is None else value
    except Exception as error:
        if labels_do_not_fit(setup.loss, outputs, targets, str(error)):
            return setup, None
        forward = setup.forward
        if isinstance(taken(outputs, "logits"), Tensor) and isinstance(forward, OrdinaryForward) and not forward.take:
            logits = replace(setup, forward=replace(forward, take="logits"))
            return _value(logits, taken(outputs, "logits"), targets, loader)
        raise _cannot_take(error, outputs, targets, loader) from error


def _cannot_take(error: Exception, outputs: Any, targets: Any, loader: str) -> WhetError:
    step = f"computing the loss of the first batch of {loader}"
    said = f"raised {type(error).__name__}: {_line(error)}"
    given = f"The outputs are {shown(outputs)}, the targets {shown(targets)}"
    if not isinstance(outputs, Tensor):
        return ConfigError(
            f"{step} {said}. {given}: the model gives a {type(outputs).__name__}, not a tensor. Say which part the "
            "loss takes: "
            "forward=lambda model, batch: (model(batch[0])[0], batch[1])."
        )
    if "between 0 and 1" in str(error):
        return ConfigError(
            f"{step} {said}. BCELoss takes probabilities and the outputs go from {float(outputs.min()):.3g} to "
            f"{float(outputs.max()):.3g}: use nn.BCEWithLogitsLoss(), or end the model with a sigmoid."
        )
    return ShapeError(f"{step} {said}. {given}. {_advice_for_loss(str(error))}")


def _advice_for_loss(text: str) -> str:
    if ("Long" in text and "Float" in text) or "not implemented for 'Float'" in text:
        return "Class labels must be whole numbers: targets.long()."
    if "scalar type" in text or "dtype" in text:
        return "Give the targets the type that the loss takes: targets.float() for numbers, targets.long() for classes."
    return "Give the loss the shapes that it takes, or pass forward=lambda model, batch: (outputs, targets) that does."


def _must_be_a_loss(value: Any) -> None:
    if not isinstance(value, Tensor):
        raise ConfigError(
            f"opening loss: it gave {shown(value)}, not a tensor, so no gradient can flow. Leave out .item() or "
            ".detach()."
        )
    if value.numel() != 1:
        raise ConfigError(
            f"opening loss: it gave {tuple(value.shape)} values, not one. Leave out reduction='none', or pass "
            "loss=lambda outputs, targets: your_loss(outputs, targets).mean()."
        )


def _must_use_what_it_is_given(setup: Setup, value: Tensor) -> None:
    """A lambda that names the user's model would train it, and not the copy that it was handed."""
    mine = {id(p): p for p in setup.model.parameters()}  # kept, so that no other tensor gets their addresses
    if any(id(leaf) in mine for leaf in leaves(value)):
        raise ConfigError(
            "the forward or the loss uses your model itself and not what it is given, so copies cannot be tried. Use "
            "its "
            "argument: forward=lambda model, batch: ((model(batch[0]), penalty(model)), batch[1]) and a loss that "
            "adds the two."
        )


def _line(error: Exception) -> str:
    text = " ".join(str(error).split())
    return (text if len(text) <= 300 else text[:297] + "...").rstrip(".")
