"""Bodies from the Transformers library: built from their configuration alone, and taken apart into groups of layers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from whet.errors import BackboneError
from whet.models.pretrained.extras import import_extra

__all__ = ["body_dim", "body_groups", "build_body", "copy_weights", "transformers", "using_eager_attention"]

# What is switched off: losses over masked frames and dropped layers need settings of their own, caches are for writing.
_OFF: Mapping[str, Any] = {"mask_time_prob": 0.0, "mask_feature_prob": 0.0, "layerdrop": 0.0, "use_cache": False}


def transformers() -> Any:
    """The library, quiet."""
    found = import_extra("transformers", extra="hf", why="a Transformers model")
    found.logging.disable_progress_bar()
    found.logging.set_verbosity_error()
    return found


def build_body(config: Mapping[str, Any]) -> nn.Module:
    """A body with random weights, without head and pooling layer; attention is PyTorch's fused one where it can be.

    Args:
        config: the content of config.json, with ``model_type``.
    """
    library = transformers()
    values = {k: v for k, v in config.items() if k not in ("auto_map", "quantization_config", "dtype", "torch_dtype")}
    made = library.AutoConfig.for_model(values.pop("model_type"), **values)
    for name, off in _OFF.items():
        if hasattr(made, name):
            setattr(made, name, off)
    body: nn.Module = library.AutoModel.from_config(made, trust_remote_code=False)
    pooler = getattr(body, "pooler", None)
    if isinstance(pooler, nn.Module) and any(True for _ in pooler.parameters()):
        body.pooler = None  # type: ignore[assignment]  # trained for another task's pairs of sentences; nothing reads it
    return body.float()


def body_dim(config: Mapping[str, Any]) -> int:
    """Length of a feature vector."""
    made = transformers().AutoConfig.for_model(**config)
    sizes = getattr(made, "hidden_sizes", None)
    return int(sizes[-1] if sizes else made.hidden_size)


def num_hidden_states(config: Any) -> int:
    """Of a model's configuration: the embeddings' and one per layer."""
    return int(config.num_hidden_layers) + 1


def copy_weights(folder: Path, body: nn.Module, *, source: str) -> None:
    """The weights saved in ``folder`` into ``body``, whichever head they were saved with.

    Raises:
        BackboneError: weights that the body needs are not in the file, or do not have its shape.
    """
    try:
        saved, info = transformers().AutoModel.from_pretrained(
            folder,
            use_safetensors=True,
            local_files_only=True,
            trust_remote_code=False,
            ignore_mismatched_sizes=True,  # they are named below, which its own error does not do
            output_loading_info=True,
        )
    except (OSError, RuntimeError, ValueError, KeyError) as fault:
        raise BackboneError(f"the weights of {source} cannot be read: {str(fault)[:300]}") from fault
    given, fresh = saved.float().state_dict(), body.state_dict()
    absent = {str(name) for name in info["missing_keys"]}
    other = {str(name): tuple(shape) for name, shape, _ in info["mismatched_keys"]}
    other |= {n: tuple(t.shape) for n, t in given.items() if n in fresh and t.shape != fresh[n].shape}
    faults = [f"{name} is missing" for name in fresh if name in absent or name not in given]
    faults += [f"{n} is {other[n]} and must be {tuple(fresh[n].shape)}" for n in fresh if n in other]
    if faults:
        more = f" and {len(faults) - 5} more" if len(faults) > 5 else ""
        raise BackboneError(f"the weights of {source} do not fit: {'; '.join(faults[:5])}{more}.")
    body.load_state_dict({name: given[name] for name in fresh})


def body_groups(body: nn.Module) -> list[list[nn.Parameter]]:
    """Every parameter once: what comes before the blocks, each block with what follows the last."""
    lists = [m for m in body.modules() if isinstance(m, nn.ModuleList) and len(m)]
    if not lists:
        return [list(body.parameters())]
    blocks = max(lists, key=lambda m: sum(p.numel() for p in m.parameters()))  # the first of equals: the outermost
    groups = [list(block.parameters()) for block in blocks]
    inside = {id(p) for group in groups for p in group}
    first = next((i for i, p in enumerate(body.parameters()) if id(p) in inside), 0)
    before = [p for i, p in enumerate(body.parameters()) if id(p) not in inside and i < first]
    after = [p for i, p in enumerate(body.parameters()) if id(p) not in inside and i > first]
    groups[-1] = groups[-1] + after
    return [group for group in (before, *groups) if group]


@contextmanager
def using_eager_attention(body: Any) -> Iterator[None]:
    """Attention that also yields its weights; the same sums in another order."""
    former = body.config._attn_implementation
    body.set_attn_implementation("eager")
    try:
        yield
    finally:
        body.set_attn_implementation(former)


def last_hidden(outputs: Any) -> Tensor:
    """(B, L, D) of a body's outputs."""
    hidden: Tensor = outputs.last_hidden_state
    return hidden
