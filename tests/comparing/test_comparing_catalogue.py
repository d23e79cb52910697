"""The catalogue says what the docstrings say, and every registered model has them."""

import pytest

from whet.comparing.catalogue import catalogue, entry
from whet.comparing.docstrings import about, read
from whet.errors import ConfigError
from whet.models.architecture import architectures
from whet.models.estimators.estimator import estimators


def own(registry):
    return [(name, item) for name, item in registry.items() if item.__module__.startswith("whet.")]


@pytest.mark.parametrize(("name", "item"), [*own(architectures), *own(estimators)], ids=lambda v: str(v)[:30])
def test_every_model_says_what_it_helps_what_it_hurts_and_where_it_is_from(name, item):
    assert about(item).what
    assert about(item).missing() == [], f"{name}: add these lines to the module docstring of {item.__module__}"


def test_a_part_ends_at_the_next_label_at_an_empty_line_and_where_free_text_begins():
    found = read("What.\n\nHelps: a,\nb; hurts: c.\nFree text.\n\nMore.\nSource: Doe, 2020.\n    Differs: smaller.")
    assert (found.what, found.helps, found.hurts) == ("What.", "a, b", "c.")
    assert (found.source, found.differs) == ("Doe, 2020.", "smaller.")


def test_words_within_sentences_are_no_labels():
    assert read("It helps: not at the start? yes.\n\nHurts: x").hurts == "x"


def test_networks_have_a_size_at_the_reference_and_estimators_none():
    for one in catalogue():
        if one.is_network and not one.needs_backbone and one.name in dict(own(architectures)):
            assert one.num_parameters > 0, one.name
            assert one.reference
        if not one.is_network:
            assert one.num_parameters is None


def test_building_without_memory_counts_what_a_real_network_has():
    from whet.comparing.reference import reference_facts, reference_spec
    from whet.models.architecture import build

    network = architectures["text_cnn"]
    facts = reference_facts(network.modality)
    recipes = list(network.recipes(facts).values())
    settings = recipes[0].settings if recipes else {}
    real = build("text_cnn", reference_spec(network.modality), facts.target.num_outputs, settings, seed=0)
    assert entry("text_cnn").num_parameters == sum(p.numel() for p in real.parameters())


def test_the_list_can_be_narrowed_and_unknown_words_have_a_nearest():
    tables = catalogue(modality="table")
    assert {"tabm", "boosted_trees"} <= {e.name for e in tables}
    assert all("table" in e.modalities for e in tables)
    assert {e.name for e in catalogue(family="rocket")} == {"minirocket_ridge", "hydra_ridge"}
    with pytest.raises(ConfigError, match="Did you mean 'table'"):
        catalogue(modality="tabel")
    with pytest.raises(ConfigError, match="Did you mean 'trees'"):
        catalogue(family="tree")
    with pytest.raises(ConfigError, match="Did you mean 'boosted_trees'"):
        entry("boosted_tree")


def test_settings_are_shown_with_their_defaults():
    assert entry("tfidf_linear").settings == {"C": 10.0, "word_ngrams": 2}
    assert entry("boosted_trees").settings["num_leaves"] == 31
    assert entry("minirocket_ridge").settings["num_features"] == 10_000
    assert entry("tabm").settings["members"] == 8
