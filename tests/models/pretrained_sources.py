"""Tiny pretrained models with random weights, saved as their libraries save them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

sys.path.append(str(Path(__file__).parents[1] / "contract"))
from contract_data import target_of, tiny

__all__ = ["PICTURES", "TEXTS", "VOCABULARY", "saved", "target_of", "tiny"]

VOCABULARY = ["<pad>", "[unk]", "[cls]", "[sep]", "ship", "tea", "road", "lamp", "green", "seven"]
VOCABULARY += ["often", "walk", "awful", "fair", "great"]
SIZES = {
    "bert": {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32},
    "roberta": {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32},
    "distilbert": {"dim": 16, "n_layers": 2, "n_heads": 2, "hidden_dim": 32},
    "gpt2": {"n_embd": 16, "n_layer": 2, "n_head": 2, "bos_token_id": 2, "eos_token_id": 3},
    "vit": {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
    | {"image_size": 16, "patch_size": 4},
    "resnet": {"embedding_size": 8, "hidden_sizes": [8, 16], "depths": [1, 1], "layer_type": "basic"},
    "convnext": {"hidden_sizes": [8, 16], "depths": [1, 1], "num_stages": 2},
    "wav2vec2": {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
    | {"conv_dim": [8, 8], "conv_kernel": [10, 3], "conv_stride": [5, 2], "num_feat_extract_layers": 2}
    | {"num_conv_pos_embeddings": 4, "num_conv_pos_embedding_groups": 2},
}
TEXTS = ("bert", "roberta", "distilbert", "gpt2")
PICTURES = ("vit", "resnet", "convnext")


def saved(kind: str, folder: Path, *, seed: int = 0, **changes) -> Path:
    """A folder with a saved model of this type, its tokeniser or its preprocessing, and a model card."""
    transformers = pytest.importorskip("transformers")
    sizes = {**SIZES[kind], **changes}
    if kind in TEXTS:
        sizes = {"vocab_size": len(VOCABULARY), "pad_token_id": 0, **sizes}
        sizes |= {"n_positions" if kind == "gpt2" else "max_position_embeddings": 24}
    config = transformers.AutoConfig.for_model(kind, **sizes)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = transformers.AutoModel.from_config(config)
        if kind in TEXTS:  # as drawn, every text is nearly the same to it
            next(model.parameters()).data.normal_()
    transformers.logging.disable_progress_bar()
    model.save_pretrained(folder)
    if kind in TEXTS:
        tokenizer(special=kind != "gpt2").save(str(folder / "tokenizer.json"))
    elif kind in PICTURES:
        side = {"height": 16, "width": 16} if kind == "vit" else {"shortest_edge": 32}
        _json(
            folder / "preprocessor_config.json", {"size": side, "image_mean": [0.5, 0.4, 0.3], "image_std": [0.2] * 3}
        )
    else:
        _json(folder / "preprocessor_config.json", {"do_normalize": True, "sampling_rate": 16000})
    (folder / "README.md").write_text("---\nlicense: mit\n---\n# A tiny model\n")
    return folder


def tokenizer(*, special: bool):
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    made = Tokenizer(models.WordLevel({w: i for i, w in enumerate(VOCABULARY)}, unk_token="[unk]"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    if special:
        made.post_processor = processors.TemplateProcessing(
            single="[cls] $A [sep]", special_tokens=[("[cls]", 2), ("[sep]", 3)]
        )
    return made


def _json(path: Path, content: dict) -> None:
    import json

    path.write_text(json.dumps(content))
