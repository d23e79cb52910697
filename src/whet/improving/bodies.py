"""Find the pretrained body that the user named, before anything is trained."""

from __future__ import annotations

from collections.abc import Callable

from whet.data.kinds import Modality
from whet.errors import BackboneError, HubError
from whet.improving.options import Options
from whet.models.pretrained.backbone import Finding
from whet.models.pretrained.opening import open_backbone
from whet.tasks.facts import BackboneFacts

__all__ = ["backbone_facts"]


def backbone_facts(options: Options, modality: Modality, *, say: Callable[[str], None]) -> BackboneFacts | None:
    """What recipes need to know of it; None without one, or where its hub does not answer.

    Raises:
        BackboneError: it is not there, damaged, or reads another kind of example.
    """
    if options.backbone is None:
        return None
    finding = Finding(may_download=options.download, may_run_code=options.trust_code)
    try:
        body = open_backbone(options.backbone, finding=finding)
    except HubError as fault:
        say(f"{fault} The run goes on without it.")
        return None
    about = body.about
    if about.modality != modality:
        raise BackboneError(
            f"--backbone {options.backbone} reads {about.modality} examples, but these are {modality}. "
            f"Choose one for {modality} examples, or leave it out."
        )
    say(f"pretrained body: {about.title}, {about.num_parameters:,} parameters, licence: {about.licence}")
    return BackboneFacts(
        source=about.source,
        architecture=body.architecture,
        settings=dict(body.settings),
        title=about.title,
        num_parameters=about.num_parameters,
        can_train=about.can_train,
    )
