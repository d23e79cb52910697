"""Hide parts of an input from a transformer, so that it can be pretrained to guess them.

Source: Devlin et al., "BERT", NAACL 2019. Differs: the mask's embedding belongs to the pretraining, not to the network,
which therefore has no parameter that supervised training leaves untouched.
"""

from __future__ import annotations

from torch import Tensor

from whet.errors import ShapeError

__all__ = ["put_mask"]


def put_mask(embeddings: Tensor, masked: Tensor | None, mask_embedding: Tensor | None) -> Tensor:
    """(..., D) ``embeddings``, replaced by ``mask_embedding`` (D,) where (...) bool ``masked`` is True.

    Raises:
        ShapeError: only one of the two is given, or they do not fit the embeddings.
    """
    if masked is None and mask_embedding is None:
        return embeddings
    if masked is None or mask_embedding is None:
        raise ShapeError("masked and mask_embedding belong together; got only one of them. Pass both, or neither.")
    if masked.shape != embeddings.shape[:-1] or mask_embedding.shape != embeddings.shape[-1:]:
        raise ShapeError(
            f"masked must be {tuple(embeddings.shape[:-1])} and mask_embedding {tuple(embeddings.shape[-1:])}; "
            f"got {tuple(masked.shape)} and {tuple(mask_embedding.shape)}."
        )
    return mask_embedding.to(embeddings.dtype).where(masked.unsqueeze(-1), embeddings)
