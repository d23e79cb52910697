"""whet embed: feature vectors of a pretrained body, for use elsewhere."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["add_to"]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(name="embed")(embed)


def embed(
    source: Annotated[str, typer.Argument(help="Examples in a form that whet improve takes; no target needed.")],
    backbone: Annotated[
        str, typer.Option(help="minilm, hf:org/name, timm:name, torchhub:owner/repo:entry, onnx:file, or a folder.")
    ],
    out: Annotated[Path, typer.Option(help="File to write: .parquet, .csv or .npz.")] = Path("vectors.parquet"),
    target: Annotated[str | None, typer.Option(help="Column to carry along as 'target'.")] = None,
    download: Annotated[bool, typer.Option(help="Fetch the body where it is not on this machine.")] = False,
    trust_code: Annotated[bool, typer.Option(help="Let PyTorch Hub run the code of the repository.")] = False,
    image_size: Annotated[int | None, typer.Option(help="Longer side of the decoded pictures, in pixels.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Say what was written as one JSON document.")] = False,
) -> None:
    """Write one feature vector per readable example of SOURCE."""
    from whet.models.pretrained.backbone import Finding
    from whet.models.pretrained.embed import check_out, write_vectors
    from whet.models.pretrained.embed import embed as embed_source

    check_out(out)
    finding = Finding(may_download=download, may_run_code=trust_code)
    done = embed_source(source, backbone=backbone, target=target, image_size=image_size, finding=finding)
    write_vectors(done, out)
    left_out = [f"{p.where}: {p.what}" for p in done.dataset.problems if not p.kept]
    for line in left_out:
        print(f"left out: {line}", file=sys.stderr)
    about, (num, dim) = done.about, done.vectors.shape
    if as_json:
        described = {"source": about.source, "title": about.title, "licence": about.licence, "digest": about.digest}
        speed = {"seconds": round(done.seconds, 3), "examples_per_s": round(num / done.seconds, 1)}
        print(json.dumps({"out": str(out), "rows": num, "dims": dim, **speed, **described, "left_out": left_out}))
        return
    print(f"{about.title}, licence: {about.licence}")
    print(
        f"{num:,} vectors of {dim} numbers in {out}; {num / done.seconds:,.0f} examples a second"
        + (f"; {len(left_out)} left out" if left_out else "")
    )
