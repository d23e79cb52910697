"""The model card: what the model is for, what it was trained on, how good it is and where it may fail."""

from __future__ import annotations

from whet.bundle.model import Model

__all__ = ["model_card"]


def model_card(model: Model) -> str:
    """Markdown, after Mitchell et al., "Model Cards for Model Reporting", FAT* 2019."""
    about = model.about
    lines = [
        f"# Model card: {model.task.replace('_', ' ')} for {about.get('origin', 'unnamed data')}",
        "",
        f"Predicts `{model.schema.target}` from " + ", ".join(f"`{c.name}` ({c.kind})" for c in model.schema.features),
    ]
    if model.labels:
        lines.append(f"Classes: {', '.join(model.labels)}")
    lines += ["", "## Members", ""]
    for member, weight in zip(model.members, model.blend.weights, strict=True):
        lines.append(f"- {weight:.2f} x {member.title} (`{member.recipe.architecture}`)")
    lines += ["", "## Figures", ""]
    test = about.get("test")
    if test:
        lines.append(
            f"- {model.metric} on the sealed test: {test['score']:.4g} "
            f"(95 % interval {test['low']:.4g} to {test['high']:.4g}, {test['n']} examples, "
            f"opened {test['opened']} times)"
        )
    else:
        lines.append("- The sealed test was not opened: the run was stopped early or is still going.")
    lines += [
        f"- trained on {about.get('num_train', '?')} examples; {about.get('fit_on', '')}".rstrip("; "),
        "",
        "## Limits",
        "",
        "- The figures hold for examples like those it was trained on; on shifted data expect less.",
        "- Groups that are rare in the training data may do worse than the average says.",
        "",
        "Load with `whet.load(folder)`; nothing in this folder is code.",
        "",
    ]
    return "\n".join(lines)
