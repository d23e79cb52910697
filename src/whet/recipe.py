"""The complete frozen description of one training. Round-trips through YAML; its digest names the trial."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, is_dataclass, replace
from typing import Any, Literal, get_type_hints

from whet.errors import ConfigError, did_you_mean

__all__ = [
    "AugmentStep",
    "Distillation",
    "Length",
    "Optimiser",
    "Recipe",
    "Regularisation",
    "Resizing",
    "Schedule",
    "Transfer",
    "Treatment",
]

VERSION = 1


def _require(holds: bool, name: str, value: object, wanted: str) -> None:
    if not holds:
        raise ConfigError(f"{name} must be {wanted}; got {value!r}.")


@dataclass(frozen=True, kw_only=True)
class AugmentStep:
    """One augmentation by name with its settings."""

    name: str
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Treatment:
    """One change of the training examples before they are encoded, by name with its settings."""

    name: str
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Optimiser:
    """How weights move."""

    name: Literal["adamw", "sgd", "muon"] = "adamw"
    lr: float = 1e-3  # peak learning rate; for "muon" that of matrices and filters
    momentum: float = 0.9  # sgd and muon, Nesterov
    other_lr: float = 1e-3  # "muon" only: of biases, norms, embeddings and the head, by AdamW

    def __post_init__(self) -> None:
        _require(self.name in ("adamw", "sgd", "muon"), "Optimiser.name", self.name, "one of adamw, sgd, muon")
        _require(self.lr > 0, "Optimiser.lr", self.lr, "positive")
        _require(0 <= self.momentum < 1, "Optimiser.momentum", self.momentum, "in [0, 1)")
        _require(self.other_lr > 0, "Optimiser.other_lr", self.other_lr, "positive")


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """The learning rate over the training, as a fraction of the peak."""

    name: Literal["constant", "cosine", "one_cycle", "linear", "plateau"] = "cosine"
    warmup: float = 0.05  # fraction of the training spent rising from zero (one_cycle: up to the peak)
    patience: int = 3  # plateau only: evaluations without improvement before the rate is divided by 5
    cycles: int = 1  # cosine only: so many falls of equal length, whose ends predict together; ``training.snapshots``

    def __post_init__(self) -> None:
        known = ("constant", "cosine", "one_cycle", "linear", "plateau")
        _require(self.name in known, "Schedule.name", self.name, f"one of {', '.join(known)}")
        _require(0 <= self.warmup < 1, "Schedule.warmup", self.warmup, "in [0, 1)")
        _require(self.patience >= 1, "Schedule.patience", self.patience, "at least 1")
        is_count = isinstance(self.cycles, int) and self.cycles >= 1
        _require(is_count, "Schedule.cycles", self.cycles, "a whole number of at least 1")
        if self.cycles > 1:
            _require(self.name == "cosine", "Schedule.cycles", self.cycles, f"1 with the schedule {self.name!r}")
            first = f"less than 1 / cycles = {1 / self.cycles:.3g}, so that it ends within the first cycle"
            _require(self.warmup * self.cycles < 1, "Schedule.warmup", self.warmup, first)


@dataclass(frozen=True, kw_only=True)
class Regularisation:
    """What keeps the model from memorising. Zero or None switches each part off."""

    weight_decay: float = 0.0  # decoupled L2: per step, weights shrink by lr * weight_decay
    l1: float = 0.0  # added to the loss: l1 * sum of |weight| over decayed parameters
    label_smoothing: float = 0.0  # probability mass moved to the uniform distribution, in [0, 1)
    mixup: float = 0.0  # alpha of the Beta distribution that mixes pairs of examples
    cutmix: float = 0.0  # pictures: alpha of the share that a rectangle of another one takes; with mixup: in turn
    grad_clip: float | None = None  # largest gradient norm
    ema: float | None = None  # decay per step of the averaged weights that are evaluated, in (0, 1)
    swa: float = 0.0  # fraction of the training, at its end, over which weights are averaged equally, in [0, 1)
    early_stopping: int | None = None  # evaluations without improvement before the training stops

    def __post_init__(self) -> None:
        for name in ("weight_decay", "l1", "mixup", "cutmix"):
            _require(getattr(self, name) >= 0, f"Regularisation.{name}", getattr(self, name), "0 or more")
        _require(0 <= self.label_smoothing < 1, "Regularisation.label_smoothing", self.label_smoothing, "in [0, 1)")
        clip, ema, stop = self.grad_clip, self.ema, self.early_stopping
        _require(clip is None or clip > 0, "Regularisation.grad_clip", clip, "positive or None")
        _require(ema is None or 0 < ema < 1, "Regularisation.ema", ema, "in (0, 1) or None")
        _require(0 <= self.swa < 1, "Regularisation.swa", self.swa, "in [0, 1)")
        if self.swa and ema is not None:
            raise ConfigError("Regularisation.swa and Regularisation.ema both average weights; set one of them.")
        _require(stop is None or stop >= 1, "Regularisation.early_stopping", stop, "at least 1 or None")


@dataclass(frozen=True, kw_only=True)
class Transfer:
    """How a pretrained body is adapted. With the defaults every weight moves at the same rate from the first step."""

    head_first: float = 0.0  # fraction of the training in which only the head moves, in [0, 1)
    gradual: float = (
        0.0  # fraction by which, after that, the groups of layers have been set free one by one from the top
    )
    layer_decay: float = 1.0  # a group of layers moves at this rate times that of the group above it, in (0, 1]
    frozen_groups: int = 0  # so many groups of layers, counted from the input, never move
    lora_rank: int = 0  # train low-rank additions to the body's matrices instead of the matrices; 0: the matrices
    contrastive: float = (
        0.0  # fraction of the training that pulls features of one class together before the head learns
    )

    def __post_init__(self) -> None:
        for name in ("head_first", "gradual", "contrastive"):
            _require(0 <= getattr(self, name) < 1, f"Transfer.{name}", getattr(self, name), "in [0, 1)")
        _require(0 < self.layer_decay <= 1, "Transfer.layer_decay", self.layer_decay, "in (0, 1]")
        _require(self.frozen_groups >= 0, "Transfer.frozen_groups", self.frozen_groups, "0 or more")
        _require(self.lora_rank >= 0, "Transfer.lora_rank", self.lora_rank, "0 or more")


@dataclass(frozen=True, kw_only=True)
class Distillation:
    """How much a teacher's predictions count, where the training examples carry them; see ``training.distilled``."""

    weight: float = 0.0  # of the teacher in the loss, in [0, 1]; the labels have the rest
    temperature: float = 2.0  # of classes: by which teacher and student are softened

    def __post_init__(self) -> None:
        _require(0 <= self.weight <= 1, "Distillation.weight", self.weight, "in [0, 1]")
        _require(self.temperature > 0, "Distillation.temperature", self.temperature, "positive")


@dataclass(frozen=True, kw_only=True)
class Resizing:
    """Progressive resizing: pictures are small at first and grow, so that early steps cost less."""

    start: float = 1.0  # side at the beginning, as a fraction of the full one, in (0, 1]; 1 switches it off
    full_from: float = 0.7  # fraction of the training from which pictures have their full size, in [0, 1]

    def __post_init__(self) -> None:
        _require(0 < self.start <= 1, "Resizing.start", self.start, "in (0, 1]")
        _require(0 <= self.full_from <= 1, "Resizing.full_from", self.full_from, "in [0, 1]")


@dataclass(frozen=True, kw_only=True)
class Length:
    """How long to train: seconds first, epochs second; whichever ends first. At least one is given."""

    seconds: float | None = None
    epochs: float | None = 20.0

    def __post_init__(self) -> None:
        _require(self.seconds is None or self.seconds > 0, "Length.seconds", self.seconds, "positive or None")
        _require(self.epochs is None or self.epochs > 0, "Length.epochs", self.epochs, "positive or None")
        _require(self.seconds is not None or self.epochs is not None, "Length", None, "given in seconds or epochs")


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Everything that decides the outcome of one training besides the data."""

    architecture: str  # a name in the registry of architectures or of estimators
    settings: Mapping[str, Any] = field(default_factory=dict)  # the architecture's or estimator's own
    encoding: Mapping[str, Any] = field(default_factory=dict)  # the encoder's
    backbone: str | None = None  # pretrained source that the weights start from; see ``models.pretrained``
    transfer: Transfer = Transfer()
    treatments: tuple[Treatment, ...] = ()  # of training examples alone; see ``auditing.treatments``
    augment: tuple[AugmentStep, ...] = ()
    resizing: Resizing = Resizing()
    optimiser: Optimiser = Optimiser()
    schedule: Schedule = Schedule()
    regularisation: Regularisation = Regularisation()
    distillation: Distillation = Distillation()
    balance: Literal["none", "class_weights", "balanced_sampling"] = "none"
    length: Length = Length()
    batch_size: int = 256
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    test_time_augmentation: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        _require(self.batch_size >= 1, "Recipe.batch_size", self.batch_size, "at least 1")
        known = ("none", "class_weights", "balanced_sampling")
        _require(self.balance in known, "Recipe.balance", self.balance, f"one of {', '.join(known)}")
        known = ("auto", "float32", "bfloat16")
        _require(self.precision in known, "Recipe.precision", self.precision, f"one of {', '.join(known)}")

    def with_settings(self, **changes: Any) -> Recipe:
        """The same recipe with some of the architecture's settings changed."""
        return replace(self, settings={**self.settings, **changes})

    def digest(self) -> str:
        """16 hex digits that depend on every field, the same in every process."""
        canonical = json.dumps(self.to_dict(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()[:16]

    def to_dict(self) -> dict[str, Any]:
        """JSON- and YAML-ready."""
        return {"version": VERSION, **_plain(asdict(self))}

    def to_yaml(self) -> str:
        """The file form: every field, in the order of this class."""
        import yaml

        return yaml.safe_dump(self.to_dict(), sort_keys=False)

    @classmethod
    def from_yaml(cls, text: str) -> Recipe:
        """Read what ``to_yaml`` wrote; tags that would build objects are refused.

        >>> Recipe.from_yaml(Recipe(architecture="mlp").to_yaml()).architecture
        'mlp'
        """
        import yaml

        try:
            data = yaml.safe_load(text)
        except yaml.YAMLError as fault:
            raise ConfigError(f"the recipe is not valid YAML: {fault}") from fault
        if not isinstance(data, dict):
            raise ConfigError(f"a recipe is a mapping of fields; got {type(data).__name__}.")
        return cls.from_dict(data)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Recipe:
        """Read what ``to_dict`` wrote; unknown keys and versions are errors.

        >>> Recipe.from_dict(Recipe(architecture="mlp").to_dict()) == Recipe(architecture="mlp")
        True
        """
        given = dict(data)
        version = given.pop("version", VERSION)
        if version != VERSION:
            raise ConfigError(f"recipe version {version!r} is not known here; this Whet reads version {VERSION}.")
        recipe = _read(cls, given, "Recipe")
        assert isinstance(recipe, Recipe)
        return recipe


_STEPS: dict[str, type] = {"augment": AugmentStep, "treatments": Treatment}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return value


def _read(cls: type, data: Mapping[str, Any], where: str) -> Any:
    names = [f.name for f in fields(cls)]
    for key in data:
        if key not in names:
            raise ConfigError(f"{where} has no field {key!r}. {did_you_mean(key, names)}")
    hints = get_type_hints(cls)
    values: dict[str, Any] = {}
    for key, value in data.items():
        if key in _STEPS:
            values[key] = tuple(_read(_STEPS[key], step, _STEPS[key].__name__) for step in value)
        elif is_dataclass(hints[key]) and isinstance(hints[key], type):
            values[key] = _read(hints[key], value, hints[key].__name__)
        else:
            values[key] = value
    return cls(**values)
