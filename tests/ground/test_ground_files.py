"""The ground floor: files, named random streams, registries, errors."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from whet import errors
from whet.errors import WhetError
from whet.files import recover_folder, replace_folder, sha256_of, write_bytes, write_json
from whet.recipe import Recipe
from whet.rng import drawing_globally, make_generator, make_numpy_generator


def test_a_write_that_fails_leaves_the_old_file_and_no_litter(tmp_path):
    path = tmp_path / "a.json"
    write_json(path, {"x": 1})
    with pytest.raises(ValueError, match="JSON"):
        write_json(path, {"x": float("nan")})
    assert path.read_text() == '{\n  "x": 1\n}\n'
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


def test_a_folder_is_replaced_whole_or_not_at_all(tmp_path):
    target = tmp_path / "model"
    replace_folder(target, lambda f: write_bytes(f / "one", b"1"))

    def fail(folder):
        write_bytes(folder / "two", b"2")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        replace_folder(target, fail)
    assert [p.name for p in target.iterdir()] == ["one"]
    assert [p.name for p in tmp_path.iterdir()] == ["model"]


def test_a_swap_that_was_killed_half_way_is_undone(tmp_path):
    target = tmp_path / "model"
    replace_folder(target, lambda f: write_bytes(f / "one", b"1"))
    target.rename(tmp_path / "model.old")
    recover_folder(target)
    assert (target / "one").read_bytes() == b"1"


def test_a_hash_depends_on_every_byte(tmp_path):
    write_bytes(tmp_path / "a", b"abc")
    write_bytes(tmp_path / "b", b"abd")
    assert sha256_of(tmp_path / "a") != sha256_of(tmp_path / "b")


def test_streams_of_different_purposes_differ_and_repeat():
    first = torch.rand(4, generator=make_generator(0, "order"))
    assert torch.equal(first, torch.rand(4, generator=make_generator(0, "order")))
    assert not torch.equal(first, torch.rand(4, generator=make_generator(0, "init")))
    assert make_numpy_generator(1, "a").random() != make_numpy_generator(2, "a").random()


def test_drawing_globally_leaves_the_global_generator_as_it_was():
    before = torch.random.get_rng_state()
    with drawing_globally(0, "x"):
        inside = torch.rand(3)
    assert torch.equal(before, torch.random.get_rng_state())
    with drawing_globally(0, "x"):
        assert torch.equal(inside, torch.rand(3))


@given(lr=st.floats(1e-6, 1.0), decay=st.floats(0, 1), epochs=st.floats(0.1, 1e3), width=st.integers(1, 512))
def test_a_recipe_survives_json_and_its_digest_follows_every_field(lr, decay, epochs, width):
    import json

    from whet.recipe import Length, Optimiser, Regularisation

    recipe = Recipe(
        architecture="mlp",
        settings={"width": width},
        optimiser=Optimiser(lr=lr),
        regularisation=Regularisation(weight_decay=decay),
        length=Length(epochs=epochs),
    )
    again = Recipe.from_dict(json.loads(json.dumps(recipe.to_dict())))
    assert again == recipe
    assert again.digest() == recipe.digest()
    assert Recipe.from_yaml(recipe.to_yaml()) == recipe
    assert recipe.with_settings(width=width + 1).digest() != recipe.digest()


def test_an_unknown_field_of_a_recipe_names_the_nearest():
    with pytest.raises(errors.ConfigError, match="batch_size"):
        Recipe.from_dict({"architecture": "mlp", "batchsize": 3})


@pytest.mark.parametrize(
    "text", ["!!python/object/apply:os.system ['true']", "- a\n- b", "a: [", "architecture: 1\nx: 2"]
)
def test_yaml_that_is_no_recipe_is_refused(text):
    with pytest.raises(errors.ConfigError):
        Recipe.from_yaml(text)


def test_every_error_has_one_root_and_a_built_in_beside_it():
    for name in errors.__all__:
        kind = getattr(errors, name)
        if isinstance(kind, type) and kind is not WhetError:
            assert issubclass(kind, WhetError)
            assert any(base.__module__ == "builtins" and base is not Exception for base in kind.__mro__[2:-2]), name


def test_arrays_written_as_safetensors_come_back(tmp_path):
    from safetensors.numpy import load_file

    from whet.files import write_arrays

    arrays = {"a": np.arange(6.0).reshape(2, 3), "b": np.array([1, 2], dtype=np.int32)}
    write_arrays(tmp_path / "x.safetensors", arrays)
    loaded = load_file(tmp_path / "x.safetensors")
    assert all(np.array_equal(loaded[k], v) for k, v in arrays.items())
