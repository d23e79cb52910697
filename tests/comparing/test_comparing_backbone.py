"""A pretrained body takes part in a comparison, frozen and fine-tuned."""

from dataclasses import replace

from whet.comparing.candidates import candidates
from whet.data.kinds import Modality
from whet.tasks.facts import BackboneFacts
from whet.tasks.task import task_for_facts
from whet.testing.facts import facts_for


def names(facts, families=None):
    return [(c.family, c.title, c.recipe.backbone) for c in candidates(task_for_facts(facts), facts, families)]


def test_the_body_is_there_frozen_and_fine_tuned_beside_everything_else():
    plain = facts_for(Modality.TEXT)
    with_body = replace(plain, backbone=BackboneFacts(source="a/body", architecture="text_transformer"))
    added = [line for line in names(with_body) if line not in names(plain)]
    assert added == [
        ("frozen", "frozen features", None),
        ("transformer", "text transformer, from the backbone", "a/body"),
    ]
    assert [line for line in names(with_body) if line in names(plain)] == names(plain)


def test_a_body_that_cannot_be_trained_is_there_frozen_only():
    body = BackboneFacts(source="a/body", architecture="pretrained_image", can_train=False)
    facts = replace(facts_for(Modality.IMAGE), backbone=body)
    assert names(facts, ["frozen"]) == [("frozen", "frozen features", None)]
    assert not [line for line in names(facts) if line[2] is not None]
